"""Free text → service category and its further needs."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from nlp import weighing
from nlp.intent import Category
from nlp.spotting import CATEGORY_FILES, Hits, Spotter, words_of

C = Category
# Shapes that settle what single words leave open: pattern, category, weight.
SHAPES: Final[tuple[tuple[re.Pattern[str], Category, float], ...]] = tuple(
    (re.compile(pattern), category, weight)
    for pattern, category, weight in (
        (r"(?:煤气|燃气|天然气|液化气).{0,6}(?:味|漏|泄)|闻着.{0,6}味|有.{0,4}煤气", C.HAZARD, 5),
        (
            (
                r"电梯.{0,6}(?:困|卡)|困.{0,6}电梯|被困|困人|(?<!打不)(?:着|起|失)火|冒烟|晕倒|昏倒|昏迷|"
                r"叫不醒|摔.{0,8}(?:起不来|不动|叫不醒)|起不来|救命"
            ),
            C.RESCUE,
            5,
        ),
        (
            r"(?:孩子|老人|小孩|宝宝).{0,6}(?:反锁|锁在|还在里面)|进不去家.{0,8}孩子|门锁.{0,12}孩子.{0,6}里面",
            C.RESCUE,
            6,
        ),
        (r"想不开|不想活|活不下去|轻生|自杀|想死", C.COMPANIONSHIP, 7),
        (r"陪.{0,4}(?:说说话|聊|解闷|下棋|散步)|说说话|聊聊天|不说话", C.COMPANIONSHIP, 3),
        (r"消防通道|井盖|马蜂|野蜂|蜂窝|充电.{0,8}火|楼道.{0,8}充电|滑倒.{0,3}人|一大滩", C.HAZARD, 4),
        (r"不然.{0,6}(?:淹|塌|掉|砸)|排水口", C.HAZARD, 3),
        (r"大扫除|打扫(?:卫生|楼道|院子|公共)|清扫(?:楼道|小区|院子)", C.SANITATION, 5),
        (
            (
                r"(?<!出门)(?<!出去)(?<!去)(?:买|带|捎|送)(?!过)(?:点|些|瓶|袋|包|盒|桶|把|(?:[一两二三四五六七八九十几半0-9]{1,3}[斤瓶袋盒包桶箱把个板筐条块])){0,2}"
                r"(?:菜|青菜|大?米|面条?|面粉|鸡?蛋|酱油|醋|盐|糖|油|牛?奶|水果|苹果|香蕉|面包|肉|鱼|豆腐|馒头|包子|早[饭点]|午饭|晚饭|饭|葱|姜|蒜|土豆|白菜)"
            ),
            C.MEALS,
            5,
        ),
        (
            r"[晕昏](?:过去|倒)|不省人事|[叫喊]不[醒应]|没(?:呼吸|知觉|意识)了?|人(?:没|不)反应|口吐白沫|抽过去",
            C.RESCUE,
            6,
        ),
        (
            (
                r"(?:门|窗|窗户|抽屉|柜门?|锁).{0,2}(?:关|打|开|推|拉|锁|拧)不(?:上|开|严|紧|动)|"
                r"(?:修|换|装|安)(?:一?下|个|一[个副套]|上)?(?:老人|卫生间|厕所|浴室)?(?:的)?(?:扶手|晾衣[架杆]|窗帘|电视|空调|净水器|置物架|门铃|热水器|油烟机)"
            ),
            C.REPAIR,
            4,
        ),
        (r"垃圾|臭|苍蝇|没人扫|油烟味|装修垃圾", C.SANITATION, 3),
        (
            (
                r"(?:支架|树|电线杆|电线|扶手|外墙|瓷砖|滑梯|秋千|栏杆|护栏|广告牌|围墙|楼板|玻璃|"
                r"空调外机).{0,8}(?:松|晃|歪|耷拉|垂|掉|砸|倒|脱落|裂|断|悬)|私拉|火花|红绿灯|差点(?:砸|摔|撞)|砸(?:到|着)人"
            ),
            C.HAZARD,
            4,
        ),
        (
            (
                r"说.{0,4}(?:不听|没用)|装修.{0,6}(?:电钻|响|吵|噪)|从早响到晚|门口.{0,6}(?:摆|堆|"
                r"放).{0,6}(?:不听|不挪)|我家门口.{0,10}说"
            ),
            C.MEDIATION,
            3,
        ),
        (r"(?:下水道|马桶|地漏|水槽|洗手池|厕所).{0,6}(?:堵|不通|返|冒)", C.REPAIR, 4),
        (r"米缸|揭不开锅|买不了菜|没饭吃|送顿|带顿|做不了饭", C.MEALS, 3),
        (r"(?:丢|掉|落)了?(?:一)?(?:把|个|串|张|只|部|条)|谁(?:看|瞧)见.{0,8}(?:只|条)|跑出去", C.LOST, 4),
        (r"急需.{0,8}(?:饮用水|饮水|面包|食物|食品|药品).{0,3}(?:和|、|及)|断水断电", C.SUPPLIES, 4),
        (r"去(?:银行|医院|政务|社区)?.{0,4}(?:办卡|取钱)", C.ERRAND, 1),
        (r"盲人|残疾|聋哑|视障|轮椅", C.DISABILITY, 4),
        (
            (
                r"(?:搬|抬|扛|背)(?!走了).{0,10}(?:上|下|到|楼|冰箱|沙发|洗衣机|柜|床|桌|钢琴|家具|轮椅)|"
                r"要下楼|(?:沙发|衣柜|钢琴|床垫).{0,6}(?:上|下)楼"
            ),
            C.CARRYING,
            4,
        ),
        (
            r"没米|没菜|断顿|断粮|没吃的|带点(?:粥|菜|饭)|爱心餐|买(?:点|些)?(?:菜|米)|送(?:点|些)?(?:米|菜|饭|吃)",
            C.MEALS,
            3,
        ),
        (
            (
                r"(?:药|胰岛素).{0,6}(?:吃完|没了|断|用完)|(?:送|买|配|取|开|捎).{0,4}药|退烧药|布洛芬|"
                r"氧气瓶|透析|换药|尿管|打疫苗|陪诊|去.{0,6}医院"
            ),
            C.MEDICAL,
            4,
        ),
        (r"医生|救护|看病|病床|床位|住院", C.MEDICAL, 2),
        (r"理发|剪(?:头发|指甲)|没见.{0,2}下楼|敲敲?门看看|手机不会|教教", C.ELDER_CARE, 3),
        (r"快递|社保卡|电费|水费|遛.{0,2}狗|(?:狗|猫)没人喂|喂(?:狗|猫)|代(?:跑|办|取)|拿钥匙|补贴", C.ERRAND, 3),
        (r"沙袋|抽水泵|物资|帐篷|棉被|急需.{0,8}(?:被|衣|水|粮|泵|袋|船)", C.SUPPLIES, 4),
        (
            r"寻人|寻物|走失|走丢|失踪|失联|联系不上|跑丢|捡到|谁(?:家)?(?:丢|捡)|(?:猫|狗|钥匙|钱包).{0,3}(?:丢|不见|掉)",
            C.LOST,
            4,
        ),
        (r"接.{0,4}(?:小宝|孩子|娃|放学)|辅导|放学|(?:看|带|照看).{0,3}(?:孩子|娃)", C.EDUCATION, 3),
        (
            r"调解|评(?:评)?理|占.{0,3}车位|吵起来|半夜.{0,8}(?:拖|吵|装修|闹)|挪.{0,2}车|噪音|太吵|出面",
            C.MEDIATION,
            3.5,
        ),
        (
            (
                r"(?:修|换|装).{0,4}(?:灯|水|管|锁|门|窗|电|龙头|纱)|(?:灯|水管|龙头|马桶|热水器|电路|"
                r"插座|门锁|暖气).{0,8}(?:坏|不亮|漏|堵|不出|不热|滴|掉)|跳闸|停电|停水|漏水|流水|在漏|"
                r"滴水"
            ),
            C.REPAIR,
            3,
        ),
        (r"有没有.{0,3}(?:会|能)?修", C.REPAIR, 2),
        (
            r"(?:梯子|工具|电钻|打气筒|折叠床).{0,3}借(?!了|过|走)|借(?!到).{0,3}(?:梯子|工具|电钻|打气筒|折叠床)|打印机|布置场地|缺人|志愿者.{0,8}集合|想捐|旧衣服",
            C.OTHER,
            6,
        ),
        (r"陪.{0,6}(?:去|到).{0,4}(?:医院|门诊|换药|看病|复查)", C.MEDICAL, 3),
    )
)


@cache
def _light() -> frozenset[str]:
    """Words that mention an elder or a child say for whom, not what: they weigh little."""
    return frozenset(words_of("category_light"))


def kinds_shown(folded: str, hits: Hits) -> list[str]:
    """What in a text speaks of a kind of help, as features of the model: listed words, and shapes of speech."""
    shown: list[str] = []
    light = _light()
    for name, category in CATEGORY_FILES.items():
        words = {hit.word for hit in hits.get(name, ())}
        if not words:
            continue
        telling = words - light
        shown.append(f"说到{category}" if telling else f"提到{category}")
        if len(telling) > 1:
            shown.append(f"说到{category}不止一处")
    shown += [f"像{category}:{number}" for number, (pattern, category, _) in _NUMBERED if pattern.search(folded)]
    return shown


_NUMBERED: Final = tuple(enumerate(SHAPES, 1))


# Separate needs in one post: each pattern is one kind of help.
_NEEDS: Final[tuple[tuple[re.Pattern[str], Category], ...]] = tuple(
    (re.compile(pattern), category)
    for pattern, category in (
        (r"没(?:有)?(?:米|菜|吃|粮|饭)|菜也没|断粮|断顿|(?:送|买|带).{0,3}(?:米|菜|饭|吃的)", C.MEALS),
        (r"没(?:有)?药|断药|药.{0,3}(?:没了|吃完)|(?:送|买|取|开).{0,3}药", C.MEDICAL),
        (r"(?:修|换).{0,3}(?:灯|水管|龙头|锁|马桶|电)|灯.{0,3}坏|水管.{0,3}(?:漏|坏)|马桶.{0,3}堵", C.REPAIR),
        (r"(?:拿|取|代取).{0,3}快递|交.{0,3}(?:电费|水费)|遛.{0,2}狗", C.ERRAND),
        (r"(?:搬|抬).{0,6}(?:柜|沙发|冰箱|洗衣机|床|东西)", C.CARRYING),
        (r"理发|剪头发|教.{0,3}手机", C.ELDER_CARE),
        (r"陪.{0,6}(?:看病|医院|复查)|去.{0,4}医院", C.MEDICAL),
        (r"接.{0,3}(?:孩子|放学)|看.{0,3}孩子", C.EDUCATION),
        (r"(?:倒|扔|清).{0,4}垃圾|打扫", C.SANITATION),
    )
)


# 走丢又找到了,现在需要个医生: what is wanted now is said after these words.
_NOW: Final = re.compile(r"(?:找到了|好了|回来了|解决了)[,。!\s]*(?:但|不过|可|就是|现在)")


def find_category(
    folded: str, hits: Hits, learned: frozenset[str], spotter: Spotter
) -> tuple[Category, tuple[Category, ...]]:
    """What the one who answers must bring or do first, and the further needs of one post."""
    turn = _NOW.search(folded)
    if turn:
        folded = folded[turn.end() :]
        spotted = spotter.spot(folded)
        hits, learned = spotted.hits, spotted.learned
    needs: list[Category] = []
    for pattern, category in _NEEDS:
        if category not in needs and pattern.search(folded):
            needs.append(category)
    if len(needs) >= 3:
        return Category.SUPPLIES, tuple(needs)
    best = _likeliest(folded, hits, learned)
    if len(needs) == 2 and best in needs:
        return best, tuple(need for need in needs if need is not best)
    return best, ()


def _likeliest(folded: str, hits: Hits, learned: frozenset[str]) -> Category:
    model = weighing.model("category")
    scores = model.score(kinds_shown(folded, hits), learned)
    return Category(model.labels[scores.index(max(scores))])
