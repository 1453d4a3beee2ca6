"""The named signals of a free text: what can be observed in it. How much each one weighs is learned, see nlp.weighing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from nlp.clean import MATCHED
from nlp.intent import Address, Count
from nlp.shapes import heads
from nlp.spotting import CATEGORY_FILES, Hit, Hits, words_of
from nlp.urgency import is_recalled


@dataclass(frozen=True, slots=True)
class Facts:
    """What the readers found in one text; signals look at nothing else."""

    folded: str
    chars: frozenset[str]
    hits: Hits
    learned: frozenset[str]  # the words of the text that have a weight of their own
    address: Address | None
    phones: int
    beneficiary: str | None
    needed: Count | None
    mentioned: bool = False

    def words(self, *lists: str) -> str:
        return " ".join(hit.word for name in lists for hit in self.hits.get(name, ()))

    def count(self, name: str) -> int:
        return len({hit.word for hit in self.hits.get(name, ())})

    def first(self, name: str) -> Hit | None:
        hits = self.hits.get(name)
        return hits[0] if hits else None


Find = Callable[[Facts], str]


@dataclass(frozen=True, slots=True)
class Signal:
    """One named observation."""

    name: str
    expected: float  # what it should weigh for a request; learning starts from it and keeps its sign
    find: Find  # the words that show it; empty where it is absent


def _listed(*names: str) -> Find:
    return lambda facts: facts.words(*names)


def _many(name: str, least: int) -> Find:
    return lambda facts: facts.words(name) if facts.count(name) >= least else ""


def _shaped(pattern: str) -> Find:
    """The words a pattern matches. It is tried only where a character stands that it can begin with."""
    compiled = re.compile(pattern)
    try:
        begins = frozenset(heads(pattern))
    except ValueError:
        begins = frozenset()  # it could begin anywhere

    def find(facts: Facts) -> str:
        if begins and begins.isdisjoint(facts.chars):
            return ""
        match = compiled.search(facts.folded)
        return match[0][:20] if match else ""

    return find


def _often(pattern: str, least: int) -> Find:
    compiled = re.compile(pattern)

    def find(facts: Facts) -> str:
        found = len(compiled.findall(facts.folded))
        return f"{found}处" if found >= least else ""

    return find


def _long(least: int, most: int) -> Find:
    return lambda facts: f"{len(facts.folded)}字" if least <= len(facts.folded) <= most else ""


# What people say of a thing that is broken; looked for shortly after the thing's name.
_STATE = re.compile(
    r"[^,。!?;\n]{0,7}?(?:[坏裂断漏堵歪翘塌掉松冒返溢淹灭黑糊憋滴卡锈烂破滑臭响晃爆短倒炸斜锁丢]|"
    r"不(?:亮|灵|动|转|热|凉|冷|通|响|走|出|行|着|上|开|了|能用|制冷|工作|见|冲|下水|来电|"
    r"显示|稳)|不会(?:用|弄|调|开|装)|没(?:声|电|水|气|反应|信号|人|网|亮|油|法|热水|关)|停(?!车|在|留|好)|失灵|异响|"
    r"报警|老化|打不|关不|点不|拧不|推不|冲不|拔不|连不|开不|上不去|下不来|使不了|用不了|堆|"
    r"满|脱落|有[股点个].{0,3}味|焦|咯吱|嗡嗡|乱[停放堆]|占)"
)
_WELL = re.compile(r"[^,。!?;\n]{0,8}?(?:修好|换好|通好|恢复|好了|没坏|不坏|没有坏|不会坏|从来|从没)")


def _broken(facts: Facts) -> str:
    """A thing of the home or the estate with a bad state said of it: 下水道堵得, 玻璃裂了."""
    folded = facts.folded
    for hit in facts.hits.get("facility", ()):
        end = hit.at + len(hit.word)
        if folded.startswith("里", end) and folded.endswith("在", 0, hit.at):
            continue  # 我在电梯里没信号 tells where I am
        match = _STATE.match(folded, end)
        if match and not _WELL.match(folded, end):
            return folded[hit.at : match.end()]
    return ""


# What is done for others in two or three words. 买菜 and 看书 are left out: people do these for themselves.
_DEED = (
    r"(?:安装|疏通|维修|修理|修|换|装|搬|抬|扛|拆|挂|通|取|拿|代取)"
    r"(?:一下|下|个|把|只|台|张|点|几个|[一两二三0-9]{1,2}[个把台张件只袋])?"
)
_BARE_DEED = re.compile(
    r"(?:求助?|想|要|请|帮|找人)?(?:(?P<deed>"
    + _DEED
    + r")(?:家里|厨房|卫生间|厕所|客厅|卧室|阳台|楼道|门口)?的?(?P<thing>[\u4e00-\u9fff]{1,5}?)"
    r"(?P<towards>(?:到|去|上|下)[0-9\u4e00-\u9fff]{1,6})?"
    r"|把(?P<moved>[\u4e00-\u9fff]{1,5}?)(?:搬|抬|扛|拿|提|背|送)(?:上|下)(?:楼|来|去)|陪(?:看病|诊|护|聊天|聊|去医院))"
    r"(?:吧|呗|啊)?[,。!~\s]{0,3}"
)
# 拿快递 and 取药 are errands; other things one fetches oneself.
_FETCHED: Final = frozenset({"快递", "包裹", "信件", "药", "外卖"})


@cache
def _mendable() -> frozenset[str]:
    things = {line.split()[0] for line in words_of("things")}
    return frozenset(things | set(words_of("facility")) - {"网络", "信号", "路", "桥", "房子", "手机"})


# 明天上午3栋 before the deed. A day alone is what people say of their own plans, so a house must be named.
_WHEN_AND_WHERE = re.compile(
    r"(?:(?:今|明|后)天|[今明]晚|明早|(?:下?周|星期|礼拜)[一二三四五六日天末])?"
    r"(?:早上|上午|中午|下午|傍晚|晚上)?(?:[0-9一二三四五六七八九十两]{1,3}点(?:半|钟)?)?[\s,]{0,2}(?:我家|我住|在)?"
    r"[0-9a-z一二三四五六七八九十]{1,3}(?:栋|幢|座|号楼)(?:[0-9一二三四五六七八九十]{1,2}单元)?(?:[0-9]{3,4}(?:室|号)?)?[\s,]{0,2}"
)
_SENT = re.compile(
    r"^去(?:[\u4e00-\u9fff]{0,4}(?:店|房|超市|市场|菜场|驿站|医院|门口|柜))(?:买|取|拿|带|配|捎)[\u4e00-\u9fff]{1,12}"
)


def _sent(folded: str) -> str:
    """去药店买止痛药, said to the bot: nobody tells it of their own walks."""
    match = _SENT.match(folded)
    return match[0] if match and not re.search(r"[了过]\W*$", folded) else ""


def _bare_need(facts: Facts) -> str:
    """换灯泡, 通下水道, 把米扛上来: a deed and a thing of the home and not a word more, but for when and where."""
    folded = facts.folded
    if len(folded) <= 40 and (lead := _WHEN_AND_WHERE.match(folded)):
        folded = folded[lead.end() :]
    if len(folded) > 14:
        return ""
    match = _BARE_DEED.fullmatch(folded)
    if match is None:
        return ""
    thing = match["thing"] or match["moved"]
    deed = match["deed"] or ""
    if thing and deed.endswith("下") and f"下{thing}" in _mendable():
        thing = f"下{thing}"  # 通下水道
    if thing is None:
        return folded
    if deed[:1] in ("取", "拿", "代"):
        return folded if thing in _FETCHED else ""
    carried = match["moved"] or match["towards"]
    return folded if thing in _mendable() or (carried and thing in _LOADS) else ""


_LOADS: Final = frozenset({"米", "面", "油", "水", "书", "东西", "大米", "菜", "轮椅", "老人"})


_AT_HOME = re.compile(
    r"(?:我家|俺家|我们家|家里|我们单元|我们楼)(?!(?:那|的)?(?:孩子|小孩|娃|老头|老公|老婆|老伴|儿子|女儿|狗|猫|来))"
)


def _place(facts: Facts) -> str:
    address = facts.address
    if address is None:
        return ""
    return "".join(part for part in (address.building, address.entrance, address.room, address.place) if part)


SIGNALS: Final[tuple[Signal, ...]] = (
    Signal("对着小邻说的", 0.6, lambda facts: "@" if facts.mentioned else ""),
    Signal("求人的话", 1.7, _listed("ask_strong")),
    Signal("求人的话不止一处", 0.8, _many("ask_strong", 2)),
    Signal("可能在求人", 0.5, _listed("ask_weak")),
    Signal("坏了、缺了", 1.3, _listed("lack")),
    Signal("坏了、缺了不止一处", 0.7, _many("lack", 2)),
    Signal("家里、小区的东西坏了", 1.5, _broken),
    Signal(
        "做不动、去不了",
        0.9,
        _shaped(
            r"[拿提搬抬拎推走爬过装弄买做开关进出下上坐扛够挪端站换拧修打冲洗](?:也)?不(?:动|了|到|"
            r"上去?|下去|下来|起来|去|来|开|着|回去|进去|出来|过去)(?!台|手|解|什么)"
        ),
    ),
    Signal(
        "没有、没人",
        0.8,
        _shaped(
            r"没人(?!要|性|味)[\u4e00-\u9fff]{1,3}|没(?:有)?(?:[米菜粮药奶水电气网]|奶粉|吃的|喝的|饭|"
            r"热水|声|信号|备用|被子|口罩|尿布|氧)(?:了|吃|喝|用|啊|,|$)|没(?:清|开门|动静|接电话)"
        ),
    ),
    Signal(
        "这样好些天了",
        0.5,
        _shaped(
            r"(?:了|都|快)?(?:好几|好些|[一二两三四五六七八九十半0-9]{1,3})(?:天|个?礼拜|个?星期|周|"
            r"个多?月|宿|夜|年)(?:多)?(?:了|没|还|都|不)"
        ),
    ),
    Signal(
        "能不能来办",
        0.9,
        _shaped(
            r"(?:社区|物业|居委会|医生|师傅|志愿者|网格员|工作人员|你们|咱们|能不能|可不可以|能否|"
            r"可否|能).{0,8}(?:上门|来人|派人|来一趟|协调|处理|清一?下|给.{0,4}(?:修|办|看|装|换)|"
            r"帮.{0,6}(?:修|办|看|找|问|取|送|买|带|接)|装个|安个|捎)"
        ),
    ),
    Signal(
        "还差几个",
        1.5,
        _shaped(
            r"(?:还)?(?:差|缺|少)(?:[一两三四五六七八九十几0-9]{1,3})(?:个|盒|名|位|人|瓶|袋|张|台|辆|把|床|副|片|条|箱)"
        ),
    ),
    Signal(
        "有没有人会",
        0.7,
        _shaped(
            r"有(?:没有)?.{0,8}(?:能|会|懂|可以|愿意|方便)(?!员|议|不会|不能).{0,12}(?:吗|么|的|$|,|我|一下|给|帮|来|教|讲|修)"
        ),
    ),
    Signal("又坏了", 1.2, _shaped(r"又(?:漏|坏|堵|返|停了|断|灭|掉|冒|不亮|不热|没电|没水|没气|滴|臭|跳闸)")),
    Signal(
        "差点伤人",
        0.7,
        _shaped(
            r"差点.{0,4}(?:砸|摔|撞|滑|踩|绊|烫)|砸(?:到|着|伤)人|怕.{0,6}(?:砸|摔|掉|倒|塌)|容易摔|"
            r"崴了?脚|老人孩子.{0,8}(?:走|过|玩)"
        ),
    ),
    Signal(
        "焦味、怪味",
        1.3,
        _shaped(r"(?:焦|糊|煳|煤气|燃气|汽油|怪|刺鼻)[的了]?.{0,2}味|冒(?:黑)?烟|(?<!打不)着火了?|火光|往外冒"),
    ),
    Signal(
        "请人代做",
        1.0,
        _shaped(
            r"(?<!你)(?:帮|给|替)(?:我|俺|我家|我们|咱|老人|我妈|我爸)(?:去|把|看|修|弄|取|拿|买|办|"
            r"抬|搬|搞|换|装|接|送|叫|找|带|关|交|喂|遛|捎|提|扛|剪|贴|通)(?!.{0,12}(?:了|的)[,。!]?$)"
        ),
    ),
    Signal(
        "有人做坏事",
        1.7,
        _shaped(
            r"有人(?:在)?.{0,4}(?:砸|撬|翻窗|翻墙|偷|抢|打架|打人|私拉|乱[扔停堆]|堵|占|抽烟|放鞭炮|"
            r"烧|闹事|骂|跟踪|敲门|踹|喝醉|吵|遛狗不)|(?:他|老公|丈夫|儿子|邻居|老板|房东|"
            r"中介).{0,6}(?:打我|骂我|欠我|骗我|赶我|锁门|不让我|不退|不给我)"
        ),
    ),
    Signal(
        "得有人来",
        1.3,
        _shaped(r"(?:得|要|需)(?:有)?(?:[个几]|两个|[一两三四]个)?人(?:来|去|抬|搬|扶|背|帮|看|接|陪|送|顶|守)"),
    ),
    Signal("说了也没用", 0.9, _shaped(r"说.{0,5}(?:不听|没用|不理|不改)|(?:没|不)人理|不管不问|推来推去|踢皮球")),
    Signal(
        "哪里能弄到",
        1.3,
        _shaped(
            r"(?:哪里|哪儿|哪)(?:还)?(?:能|可以).{0,4}(?:弄|买|找|借|换|领)到?|谁(?:来|去)(?!过|吃|玩|"
            r"跳|打|说|听).{1,10}(?:一下|一趟|收|修|弄|取|搬)"
        ),
    ),
    Signal("身体不好", 0.7, _listed("health")),
    Signal(
        "弄得没法过",
        1.0,
        _shaped(
            r"得(?:人)?(?:没法|不敢|不能|受不了|睡不|喘不|直不起|到处都是|满地|一塌糊涂|厉害|难受)|"
            r"劝不住|没消息了|没露面|不敢(?:出门|上学|回家|开)"
        ),
    ),
    Signal(
        "盼着处理",
        1.5,
        _shaped(r"(?:盼|希望|请|望|求|呼吁)(?:物业|社区|有关|相关|居委会|政府|领导|街道|书记|城管|交警)"),
    ),
    Signal(
        "问有没有会的人",
        1.3,
        _shaped(
            r"有(?:哪位|没有(?:谁|人|哪位|哪个|邻居|老?师傅|阿姨|大姐|大哥|大夫|同学|朋友|好心人)|"
            r"同学|邻居|老?师傅|好心人).{0,10}(?:会|能|懂|去|有空|在家|方便)"
        ),
    ),
    Signal("捎一程", 1.2, _shaped(r"捎(?:我|上|一|他|她|带)|搭(?:个)?(?:便|顺风)车")),
    Signal("说的是你、他", -1.0, _shaped(r"^(?:你|您|他|她|他们|她们|你们|人家)(?!好|们好)")),
    Signal(
        "他做过",
        -2.2,
        _shaped(r"帮(?:我|他|她|你|我们)[\u4e00-\u9fff]{1,3}过|(?:早就|已经)(?:不用|找|叫|请|约)"),
    ),
    Signal(
        "要的是照片、攻略",
        -2.2,
        _shaped(
            r"(?:谁有|求|发(?:我|一下)|分享).{0,8}(?:照片|视频|链接|攻略|表情|歌单|资源|课件|答案|"
            r"截图|书单|群号)|道题|选哪个|选什么|占个?座|请个假|递给我|小声|团个|一起团"
        ),
    ),
    Signal(
        "一开口就是做件事",
        1.0,
        _shaped(
            r"^(?:请|麻烦|想)?(?:给|帮|送|换|修|装|搬|抬|接|取|打扫|清理|疏通|陪|买)(?!我说|你|您|"
            r"他)(?=[\u4e00-\u9fff0-9]{2})(?!.{0,16}(?:过|了|的)[,。!]?$)"
        ),
    ),
    Signal(
        "反映过没结果",
        1.5,
        _shaped(
            r"(?:多次|反复|屡次|几次|一直).{0,6}(?:反映|投诉|报修|打电话|沟通|找).{0,8}(?:未果|无果|"
            r"没|无|不)|未果|没有结果|无人(?:维修|管|理|问)|"
            r"没(?:有)?(?:答复|回音|下文)|提心吊胆|苦不堪言|严重影响|没法(?:复习|睡|学习|休息|生活|出行)"
        ),
    ),
    Signal(
        "写给领导的",
        1.3,
        _shaped(
            r"^\W{0,3}(?:尊敬的|敬爱的)?(?:各位)?(?:领导|书记|主任|市长|区长|局长|政府|物业|社区|记者)(?:们|同志)?[:,您好]"
        ),
    ),
    Signal(
        "流进来、少了设施",
        1.3,
        _shaped(
            r"(?:流|灌|飞|飘|滴|渗|漫)(?:到|进)(?:了)?(?:我家|家里|屋里|楼下|阳台|院子)|没有(?:斑马线|"
            r"路灯|警示|护栏|扶手|红绿灯|标志|围挡|盖子)|(?:发黄|浑浊|有异味)"
        ),
    ),
    Signal(
        "叫家里人带东西",
        -1.6,
        _shaped(r"^(?!.*(?:谁|哪位|邻居|各位|大家)).*(?:下班|回来|路上|回家)(?:的时候)?(?:顺便|记得)?(?:带|买|捎)"),
    ),
    Signal("有人吗", 0.9, _shaped(r"^(?:有没有人|有人吗|有人在吗|来人|谁在)")),
    Signal("要不是、早就", -2.2, _shaped(r"要不是|若不是|幸亏|亏得|早就?.{0,6}(?:好了|修|换)")),
    Signal(
        "昨天的事,没说还要",
        -1.3,
        _shaped(
            r"^(?!.*(?:还没|还在|又|有人|今天(?:又|还|能|有)|现在|没人|到现在|至今|谁|求|"
            r"帮)).*(?:昨天|前天|昨晚|上周|前几天|上个月)"
        ),
    ),
    Signal("有危险", 1.4, _listed("danger")),
    Signal("说了地方", 0.9, _place),
    Signal("留了电话", 0.4, lambda facts: "电话" if facts.phones else ""),
    Signal("说了给谁", 0.8, lambda facts: facts.beneficiary or ""),
    Signal("要几个人手", 1.0, lambda facts: "人手" if facts.needed else ""),
    Signal(
        "我家的事",
        0.5,
        _shaped(r"我家|俺家|我们家|家里|我们?楼|我们单元|楼道里|楼上|楼下|隔壁|对门|小区"),
    ),
    Signal(
        "说的是热线",
        -2.6,
        _shaped(r"(?:求助|救援|服务|咨询|投诉|报警|急救|热线)(?:热线|电话|平台|渠道|方式)"),
    ),
    Signal("求助的开头", 1.6, _shaped(r"^\W{0,3}(?:求助(?!热线|电话|者)|紧急求助|求救|急求|寻人|寻物|急寻|求扩散)")),
    Signal(
        "还在盼人来",
        0.9,
        _shaped(
            r"(?:谁|哪位|哪个|有没有|有人|能不能|可不可以|能否|求|请|想|需要|麻烦|得(?!了)).{0,16}?(?:帮|修|"
            r"送|来|看|接|陪|借|教|处理|解决|管|弄|搬|抬|拿|取|带|捎|换|清|救|找|通)"
        ),
    ),
    Signal(
        "谁有东西能借能给",
        0.9,
        _shaped(r"谁(?:家|那|手里|手头)?有|哪(?:里|儿)?(?:有|能(?:买|借|找))|想借|能借|借个|借一下|求.{0,6}药"),
    ),
    Signal(
        "谁能来帮",
        0.5,
        _shaped(r"(?:谁|哪位|哪个|有没有(?:人|谁)?|有人)(?:能|会|可以|方便|有空|愿意|帮|替|代|顺路)(?!.{0,2}需要)"),
    ),
    Signal("东西要搬要扔", 1.2, _shaped(r"要(?:下|上)楼|(?:要|得|想)(?:搬|抬|扛|挪|扔|处理掉)")),
    Signal("叫人救命", 1.5, _shaped(r"救命(?!恩|稻草|,?这|啊?这|.{0,4}(?:好|太|可爱|甜|帅|绝))|快来人|来人[啊呀哪]")),
    Signal("人找不到了", 1.0, _shaped(r"(?:走失|走丢|失踪|失联|联系不上|没回(?:家|来)|不见了|跑丢|丢了|捡到).{0,30}")),
    Signal(
        "现在还这样",
        0.4,
        _shaped(r"(?:还在|还没|一直|又|仍|至今|到现在|已经?.{0,3}天|好几天|三次|多次|天天|每天|越来越)"),
    ),
    Signal("现在要一个", 1.6, _shaped(r"(?:但|不过|可是|现在|还)(?:现在)?(?:需要|要|缺|想找|求)")),
    Signal("已经好了", -1.6, _listed("resolved")),
    Signal(
        "标着已解决",
        -3.5,
        _shaped(
            r"^\W{0,4}(?:已解决|已处理|已找到|更新[:：,]?.{0,16}(?:已|找到|谢谢)|已撤|撤销|结束|"
            r"已完成|已获救|解决了)|撤了撤了|(?:此|该|本)(?:条|帖|消息|信息).{0,6}(?:作废|已解决|"
            r"失效)|(?:已解决|已获救|已得救|已安全|已找到)[,。!\s]*(?:谢谢.{0,8})?$"
        ),
    ),
    Signal("好在、幸好", -2.0, _shaped(r"好在|幸好|幸亏|多亏|还好(?:有|是|没)|终于(?:修|通|来|好|解决)")),
    Signal(
        "过去的事",
        -1.0,
        _shaped(r"(?:去年|前年|当年|从前|那年|小时候|上次|上回|以前|曾经|那次|前几天|年轻时|从来没|从没)"),
    ),
    Signal("假设的话", -0.8, _listed("hypothetical")),
    Signal("只是假设", -2.4, _shaped(r"^(?:要是|如果|假如|万一).{2,20}(?:咋办|怎么办|就好了|多好|该多)")),
    Signal("道谢", -0.3, _listed("thanks")),
    Signal(
        "谢已经帮了的人",
        -1.5,
        _shaped(
            r"(?:谢谢|感谢|多谢|谢了?|辛苦)(?:了|啦|你|您)?.{1,10}?(?:帮我|帮忙|帮助|送|给我|的|了|们|"
            r"修|买|接)|(?:谢谢|感谢|多谢|辛苦).{0,8}(?:师傅|姐|哥|书记|志愿者|大家|邻居|阿姨|"
            r"叔)(?!.{0,6}(?:能|可以|帮))"
        ),
    ),
    Signal(
        "提前谢过",
        0.6,
        _shaped(r"先谢|提前谢|[,。\s!](?:谢谢|多谢|感谢|谢啦|拜托|不胜感激)\W{0,6}$|万分感谢|感激不尽|先行谢"),
    ),
    Signal("夸张、说笑", -1.1, _listed("hyperbole")),
    Signal("新闻、转述", -0.6, _listed("news")),
    Signal(
        "说的是新闻",
        -2.5,
        _shaped(
            r"新闻|电视[里上剧]|电影|小说|故事|剧[里情]|段子|据(?:报道|悉|了解)|记者|(?:抖音|视频|"
            r"电视|微博)[上里]|听说|累计|遇难|官兵|武警|加油|祈福|祈祷|感人"
        ),
    ),
    Signal("打听", -0.4, _listed("inquiry")),
    Signal(
        "问时间地点手续",
        -1.3,
        _shaped(
            r"(?:开到|营业到|上班到)?几点(?:开|关|上|下|结束|到|$|\?)|(?<!你)(?<!你们)(?<!现)在(?:哪|"
            r"什么地方)(?:里|儿)?(?:啊|呀)?(?:办|买|交|领|查|报名|登记|打印|坐车|\?|$)|(?:要|"
            r"需要?)(?:带|交|准备|提供)(?:什么|哪些)|(?:电话|号码|地址|时间|价格)是?(?:多少|哪|什么)|"
            r"怎么(?:办理|申请|走|去|查询|收费|计算|规定)|如何(?:办理|申请)|什么时候(?:开|发|能|可以|"
            r"结束|开始)|多少钱|能报销|是否(?:可以|能|需要|有)|有(?:什么|哪些)(?:政策|规定|要求|条件|"
            r"手续)"
        ),
    ),
    Signal(
        "怎么弄的手续",
        -0.6,
        _shaped(
            r"(?:怎么|如何|咋)(?:提取|报销|办(?!啊|呀|呢|$|[,。!?])|申请|领|查|缴|补|续|用|坐|算|预约|挂号|登记|退|转|激活|"
            r"绑定)|(?:附近|这边|周边|哪里|哪儿)(?:哪里|哪儿)?有(?:没有)?[^,。]{1,10}(?:的|店|吗|$)|"
            r"(?:隔|要|还要)多(?:久|长)|周末.{0,3}(?:上班|开门|营业)吗|比例是"
        ),
    ),
    Signal(
        "提建议",
        -1.8,
        _shaped(r"^\W{0,3}(?:建议|提议|希望.{0,6}(?:增加|增设|开通|多|设)|能不能(?:多|增加|增设|开通))"),
    ),
    Signal("愿意给", 0.0, _listed("offer")),
    Signal(
        "谁需要就找我",
        -1.6,
        _shaped(
            r"(?:想|缺|要|有需要|需要)[^,。]{0,8}(?:的|邻居|朋友|人)[^,。]{0,8}(?:找|跟|喊|叫|联系|"
            r"私)我|(?:可以|尽管|只管)(?:喊|叫|找)我|谁(?:需|想)?要(?!是|不)|"
            r"(?:有)?需要的?.{0,8}(?:找我|联系|私我|来拿|自取|说一声|吱声|call|拨打|私信|举手)|"
            r"(?:可以|欢迎|随时)(?:找|联系)我|来(?:我这|我家)?(?:拿|取|领)(?!.{0,3}吗)|(?:可以?|"
            r"能)(?:免费)?(?:接待|接纳|收留|提供|安置|捐)|免费(?:送|提供|赠|领|借)|送人|(?:我|我们|"
            r"我家|本人)(?:这|这里|这儿|家)?.{0,10}(?:有空|多余|多出|闲置|可以(?:帮|提供|接送|借)|"
            r"能(?:提供|帮|接送)|会修.{0,6}需要)"
        ),
    ),
    Signal(
        "问要不要帮",
        -2.6,
        _shaped(
            r"(?:要|需要|用|需)(?:不要|不需要|不用)?(?:我|我们)(?:帮|来|去|陪|给|送|过).{0,8}(?:吗|不|"
            r"么|\?|吧)|(?:要|需要)帮忙吗|要不(?:要)?我(?:来|去|帮)"
        ),
    ),
    Signal("广告的话", -0.2, _listed("ad")),
    Signal("广告的话不止一处", -1.3, _many("ad", 2)),
    Signal("广告的话很多", -1.5, _many("ad", 4)),
    Signal(
        "价钱",
        -0.5,
        _shaped(
            r"(?<![0-9.])[0-9.]{1,10}\s?(?:元|块钱?|折|万起|元起|%)|¥|月薪|"
            r"工资[0-9一二三四五六七八九]|日结|薪资|[0-9一二三四五六七八九]千"
        ),
    ),
    Signal(
        "链接、加号",
        -1.0,
        _shaped(r"https?:|www\.|\.com|\.cn|加微信|加v|微信号|二维码|公众号|点击|退订|回复?td|回t"),
    ),
    Signal(
        "招工",
        -1.6,
        _shaped(r"(?:急?招|诚聘|招聘|招收|急聘).{0,12}(?:名|人|工|员|司机|保洁|阿姨|师傅|[0-9])"),
    ),
    Signal("通知的话", 0.0, _listed("notice")),
    Signal("通知的话不止一处", -0.9, _many("notice", 2)),
    Signal(
        "通知的开头",
        -2.0,
        _shaped(
            r"^\W{0,3}(?:紧急)?(?:通知|公告|公示|温馨提[示醒]|友情提[示醒]|提醒|预警|通告|招募[:,]|"
            r"倡议|停[水电气]通知|各位(?:居民|业主|住户|家长|邻居朋友)[^,。!]{0,4}[:：]|尊敬的(?!领导|"
            r"书记|主任|市长|区长|局长|政府|物业|社区|记者)|亲爱的|"
            r"全体)|志愿者?招募|(?:寒潮|暴雨|台风|大风|高温|雷电|大雾|道路结冰|暴雪)(?:红色|橙色|黄色|"
            r"蓝色)?预警"
        ),
    ),
    Signal("转发", 0.0, _shaped(r"^\W{0,3}(?:转发|转[:])")),
    Signal(
        "请大家如何",
        -1.0,
        _shaped(
            r"(?:请|望|敬请)(?:各位|大家|广大|全体|居民|业主|勿|注意|做好|关好|相互|互相|知悉|谅解|"
            r"配合|提前|及时|合理|带好|携带|准时)|请(?:派代表|勤|绕行|凭|按时|自觉|文明|错峰|储水)|"
            r"报名(?:开始|中)|开始报名|名额有限|至次日|欢迎.{0,12}(?:参加|报名|参与)|注意安全|谨防"
        ),
    ),
    Signal("买卖、接龙", -1.3, _listed("trade")),
    Signal(
        "求购、接龙的开头",
        -2.0,
        _shaped(r"^\W{0,3}(?:求购|转让|出售|出一|收一|团购|接龙|#接龙|拼单|求租|拼车)"),
    ),
    Signal("对机器助手说的话", -0.5, _listed("voice")),
    Signal(
        "叫机器放歌查天气",
        -2.8,
        _shaped(
            r"^(?:小.|你好小.)?[,\s]?(?:请|帮我|给我|帮忙|麻烦)?(?:你)?(?:再)?(?:播放|放一?首|来一?首|"
            r"放点|唱|查一?下|查查|查询|搜一?下|搜索|打开|关闭|关掉|导航|订一?张|叫我.{0,6}起床|"
            r"明天.{0,4}叫我|预订|翻译|讲个|讲一个|设个?|定个?|设置|调[高低到大小]|切换|下载|推荐|"
            r"打电话给|拨打|发短信给|发微信|写一?[篇首个]|算一?下|计算|听(?:歌|音乐|首|一首|"
            r".{1,6}的歌)|看电视|换一?首|下一首|播)"
        ),
    ),
    Signal(
        "说的是不用",
        -1.6,
        _shaped(
            r"(?:不用|不需要|不必|别)(?:帮|来|麻烦|管|担心|急|你|再|给我)|没问题|没坏|没漏|没困|没事(?:了|的|儿|$)"
        ),
    ),
    Signal(
        "不是真的坏",
        -1.2,
        _shaped(r"从来没|没有?坏|不会(?:坏|漏|停)|怕.{0,4}(?:坏|漏|停)|修好[了啦]|换好了|通好了"),
    ),
    Signal(
        "帮我捎句话",
        -2.2,
        _shaped(
            r"帮我(?:谢|问|跟|向|转告|带个好|说|点赞|投个?票|砍|看看这|评|祝|选一|想|起个)|帮(?:忙)?(?:砍|投|点|转发一下)"
        ),
    ),
    Signal(
        "问候闲聊",
        -1.5,
        _shaped(
            r"^(?:早|早安|晚安|早上好|下午好|晚上好|大家好|你好|吃了吗|哈+|嗯+|好的?|在吗|ok)\W*$|"
            r"(?:生日|新年|节日|中秋|元旦|春节|周末)快乐"
        ),
    ),
    Signal(
        "说自己的安排",
        -0.7,
        _shaped(
            r"^(?:我|俺|咱)(?:先|要|得|刚|正|今天|明天|晚上|下午|中午|现在)?(?:去|来|在|回|吃|睡|上|"
            r"下|到|出|买了|刚|才|就).{0,14}(?:了|呢|啊|的|,|$)"
        ),
    ),
    Signal(
        "晚点回、改天说",
        -1.3,
        _shaped(r"晚点(?:回|到|说)|先(?:不说|走|撤|忙)|回头(?:说|聊)|再联系|等会儿?(?:说|聊)|迟到|路上堵"),
    ),
    Signal(
        "叫人别这样",
        -2.6,
        _shaped(r"(?:帮帮忙|求求(?:你们?|大家)|拜托|能不能|可不可以|麻烦),?(?:都)?(?:别|不要|让一让)|需要我说|请叫我"),
    ),
    Signal(
        "问人家的看法",
        -2.6,
        _shaped(
            r"有(?:没有)?(?:谁|人)(?:觉得|和我一样|看(?:了|过|昨)|听(?:到|说)|吃过|去过|记得|喜欢|玩|懂我)|谁懂啊?[,!]|谁说不是"
        ),
    ),
    Signal(
        "手机没电、先这样",
        -1.6,
        _shaped(r"手机(?:快)?(?:没电|欠费停机)|先这样|回见|拜拜|回头见|先(?:睡|下|撤)了"),
    ),
    Signal(
        "问谁知道",
        -1.6,
        _shaped(
            r"(?:谁|哪位|有(?:人|谁))(?:能)?(?:知道|清楚|了解|告诉).{0,20}(?:几点|哪|怎么|多少|什么|"
            r"有没有|吗|是不是|多久|电话|地址|开门)|(?:去|找|到)哪个(?:窗口|部门|科|医院|地方)|"
            r"几号(?:来|到|开|发)|什么时候(?:来|到|发|供|停|交|开)"
        ),
    ),
    Signal(
        "约人玩",
        -2.6,
        _shaped(
            r"谁(?:去|来|想)?.{0,3}(?:跳|打(?:牌|麻将|球)|逛|玩|唱歌|喝|吃|看电影|爬山|跑步|散步|钓鱼|"
            r"聚|旅游|拼)|一起(?:吃|玩|去|打|跳|逛|爬|唱)"
        ),
    ),
    Signal("一句话的活", 3.2, _bare_need),
    Signal(
        "坏过,现在好了",
        -3.2,
        _shaped(
            r"(?:现在|已经?|今天|刚才?|后来|这会儿?|早上|晚上)(?:都|就|又|已经?|全|自己)?"
            r"(?:好了|修好|弄好|换好|恢复|通了|亮了|来了|正常了|不漏了)(?!.*(?:又|没修|还是|谁|帮))"
        ),
    ),
    Signal(
        "我家缺什么、坏什么",
        0.7,
        lambda facts: facts.words("lack") if _AT_HOME.search(facts.folded) else "",
    ),
    Signal(
        "进不了家门",
        2.1,
        _shaped(
            r"钥匙.{0,4}(?:锁|忘|落|断)(?:在)?(?:家|屋|门)|被锁(?:在)?(?:门外|外面|外头)|(?:进不了|回不了)(?:家|门|屋)"
        ),
    ),
    Signal("困在电梯", 2.2, _shaped(r"(?:困|关|卡)(?:在)?电梯|电梯.{0,6}(?:困|关)(?:着|了|住)")),
    Signal(
        "占了我的",
        1.3,
        _shaped(
            r"(?:占|堵)(?:了|着|住)?(?:我|我家|我们)(?:的|家)?(?:车位|车库|门口|门|过道|楼道)|车位(?:又|老|总)?被(?:人)?占"
        ),
    ),
    Signal(
        "坏了也过得去",
        -2.4,
        _shaped(r"也(?:熬过来|挺好|好[,!\s]|罢|无所谓|不碍事|没关系|就那样)|就当(?:锻炼|减肥)"),
    ),
    Signal(
        "要投诉、要反映",
        3.0,
        _shaped(
            r"^(?:我|俺|我们|咱)?(?:要|想|得|必须)(?:投诉|举报|反映)(?:一?下)?(?:$|[,。!\s]|.{0,8}(?:物业|楼|邻居|噪音|装修|车|垃圾|社区|街道|保安|"
            r"公司|店|广场舞|狗|施工|油烟|灯|充电|问题|情况|漏|坏|有人|隔壁|对门|房东|宠物|占))"
        ),
    ),
    Signal(
        "谢完又求",
        2.6,
        _shaped(
            r"^(?:谢谢|多谢|感谢|谢啦|谢了|辛苦)[^,。!\s]{0,8}[,。!\s]+.{0,12}(?:想找|想请|还想(?=请|找|让|麻烦|求|要)|能不能|谁能|谁有空|麻烦(?=你?们?再|帮|谁|来|哪)|"
            r"还需要|需要|求|可不可以|再帮|还得|还要|有没有)"
        ),
    ),
    Signal(
        "问是谁的事",
        -4.5,
        _shaped(
            r"^(?:是)?(?:谁|哪家|哪位|哪户|哪儿|哪里)家?(?:又)?(?:在)?(?:求助|求救|报修|下单|点单|出事|要帮忙|要人)(?:了|的|呢|啊|呀|吗|\?){0,3}$"
        ),
    ),
    Signal(
        "累着了",
        -2.2,
        _shaped(r"[搬抬扫擦做干洗扛](?:得|到|的)(?:我)?(?:腰|手|腿|胳膊|背)?(?:都)?(?:酸|疼|痛|累|直不起)"),
    ),
    Signal("问谁做的", -2.2, _shaped(r"谁(?:接|修|弄|办|来|做|帮忙?)的")),
    Signal("没水果、没电影", -1.8, _shaped(r"没(?:水果|电影|电视剧|气氛|水平|菜单)")),
    Signal(
        "楼上吵",
        2.2,
        _shaped(r"(?:楼上|隔壁|对门|邻居)(?=.{0,8}(?:天天|半夜|凌晨|每晚|大晚上)).{0,10}(?:蹦|跳|拖|敲|砸|吵|闹|剁)"),
    ),
    Signal("捡到了东西", 1.4, _shaped(r"^(?:我)?(?:在.{1,8})?捡到(?:了)?(?:一|个|串|把|张|部|只)")),
    Signal("楼道充电", 2.2, _shaped(r"有人.{0,4}(?:楼道|走廊|过道|门厅|家里).{0,8}充电")),
    Signal("路上有坑", 1.4, _shaped(r"(?:路|地)(?:上|面|中间)?有(?:个|一个)?大?[坑洞]")),
    Signal("叫大家小心", -1.8, _shaped(r"大家(?:都|要)?(?:小心|注意|慢点|多穿)")),
    Signal("内存满了", -1.8, _shaped(r"(?:内存|空间|硬盘|邮箱|流量)(?:又|都|快)?(?:满|没|用完)")),
    Signal("问电话", -2.2, _shaped(r"电话(?:号码)?谁(?:有|知道)|谁有.{1,6}的?电话")),
    Signal("不认识", -2.0, _shaped(r"不认(?:识|得)")),
    Signal(
        "给家里人做过了",
        -2.4,
        _shaped(
            r"^(?:我)?(?:刚|刚刚|刚才|才|已经|昨天|今天|早上|中午|下午|晚上)?(?:给|帮|替|陪)(?:我|俺)?(?:家)?(?:妈|爸|爸妈|老伴|老公|老婆|"
            r"孩子|儿子|女儿|闺女|爷爷|奶奶|孙子|孙女)[^,。!?谁没坏漏堵]{1,5}(?:了|过)(?!吗|没)"
        ),
    ),
    Signal(
        "家里人教我、帮我",
        -2.2,
        _shaped(
            r"^(?:我)?(?:爸|妈|老公|老婆|老伴|儿子|女儿|闺女|爷爷|奶奶|孙子|孙女|邻居|同事|朋友|他|她)(?:在)?(?:教|帮|给|陪|替)我"
        ),
    ),
    Signal(
        "约人消遣",
        -3.4,
        _shaped(
            r"^(?!.*陪).*(?:想|约|找)(?:找|约)?(?:个|几个|两个|俩|[三四]个)?(?:人|地方|伴|搭子)?(?:一起|去)?"
            r"(?:喝茶|喝酒|打牌|打麻将|打球|吃饭|逛街|爬山|唱歌|钓鱼|旅游|遛弯|聚聚|聚餐|跳舞|看电影)"
        ),
    ),
    Signal("电话没人接", -2.2, _shaped(r"(?:打电话|打了电话|电话|语音|微信).{0,4}没人接")),
    Signal("核对的话", -1.8, _shaped(r"(?:对吧|没错吧|对不对|对吗|没记错吧)\W*$")),
    Signal(
        "约大家去探病",
        -2.6,
        _shaped(
            r"(?:住院|住进|出院|手术|病倒|生病|病了|在医院).{0,14}(?:大家|各位|邻居们|你们|咱们).{0,6}(?:去|来)"
            r"(?:看看|看望|瞧瞧|探望|看一?下|坐坐)"
        ),
    ),
    Signal(
        "问怎么叫门",
        -3.2,
        _shaped(r"(?:怎么|咋|如何)(?:才能)?(?:敲门|叫门|喊门|按铃|叫(?:他|她|人)开门)"),
    ),
    Signal("来着", -5.0, lambda facts: "来着" if is_recalled(facts.folded) else ""),
    Signal(
        "昨天是谁家",
        -3.6,
        _shaped(
            r"^(?:昨|前)[天晚儿](?:晚上|早上|下午|上午|半夜)?(?:是)?(?:谁|哪)(?:家|户|栋|层)(?!.*(?:现在|还在|又))"
        ),
    ),
    Signal(
        "点名让小邻去买去取",
        2.8,
        lambda facts: _sent(facts.folded) if facts.mentioned else "",
    ),
    Signal("用完了、快没了", 1.2, _listed("used_up")),
    Signal("人手不够、自己办不到", 1.0, _listed("unable")),
    Signal("身边没人", 0.8, _listed("alone")),
    Signal("扰人的事", 1.0, _listed("nuisance")),
    Signal("不安全的地方", 1.2, _listed("unsafe")),
    Signal("丢了、找不着", 0.9, _listed("lost")),
    Signal("借用、匀一点", 1.0, _listed("borrow")),
    Signal("身上不对劲", 1.0, _listed("symptom")),
    Signal("受灾的样子", 1.0, _listed("disaster")),
    Signal("留联系方式、求扩散", 0.8, _listed("plea_form")),
    Signal("信件的话", 0.6, _listed("letter")),
    Signal("政策、资格、规划", -0.8, _listed("policy")),
    Signal("指责单位和干部", -0.6, _listed("accuse")),
    Signal("说的是从前", -0.8, _listed("past")),
    Signal("听来的话", -0.8, _listed("told")),
    Signal("自己弄好了、人家帮过了", -1.2, _listed("settled")),
    Signal("玩乐、追剧、比赛", -1.0, _listed("play")),
    Signal("上班上学的日常", -0.6, _listed("routine")),
    Signal("心情、感叹", -0.8, _listed("feeling")),
    Signal("问候祝福", -1.2, _listed("greeting")),
    Signal("订票订房问店", -1.2, _listed("booking")),
    Signal("开关家电、放歌、定闹钟", -1.2, _listed("device")),
    Signal("验证码、快递、银行的短信", -1.5, _listed("system")),
    Signal("一段话", 0.0, _long(60, 150)),
    Signal("长长一篇", 0.0, _long(151, MATCHED)),
    Signal("许多分句", 0.0, _often(r"[,。!?;]", 6)),
    Signal("许多数字", 0.0, _often(r"[0-9]+", 5)),
    Signal("问句收尾", 0.0, _shaped(r"[?吗么呢]\W*$")),
    Signal("用了感叹号", 0.0, _shaped(r"!")),
    Signal("用了方括号", 0.0, _shaped(r"^\W*【")),
    Signal("“了”字收尾", 0.0, _shaped(r"了\W*$")),
    Signal("说到自己", 0.0, _shaped(r"[我俺咱]")),
    Signal("说到对方", 0.0, _shaped(r"[你您恁]")),
    Signal("说到别人", 0.0, _shaped(r"[他她]")),
    *(Signal(f"说到{category}", 0.3, _listed(name)) for name, category in CATEGORY_FILES.items()),
    Signal(
        "只说求助",
        6.0,
        _shaped(
            r"^(?:小邻)?\W*(?:急+|很急|十万火急|急事|急用|求助|求救|求帮忙?|救命啊?|(?:谁|有人|有谁)?(?:能|来)?(?:帮帮忙|帮个忙|帮忙|帮帮我|帮我|帮一下)|"
            r"(?:我)?(?:需要|想要|要)(?:人)?(?:帮忙|帮助)|找人帮忙)(?:[啊呀吗么吧呢]|一下)?\W*$"
        ),
    ),
)


def observe(facts: Facts) -> list[tuple[str, str]]:
    """The signals that show in a text, each with the words that show it."""
    return [(signal.name, words) for signal in SIGNALS if (words := signal.find(facts))]
