"""Who and how many: head-counts, hands wanted, and for whom help is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from nlp.intent import Count
from nlp.numbers import estimate, read

_FIGURE = "0-9一二三四五六七八九十百千万两几数廿"
_MEASURE = "个名位"
# 3, 三四, 20多, 十来, 三到五, 3-5, 十个到十五.
_Q = (
    rf"[{_FIGURE}俩仨好][{_FIGURE}俩仨]{{0,5}}[多余来把]?"
    rf"(?:[{_MEASURE}人]?\s?[-~到至—、]\s?[0-9一二三四五六七八九十百两]{{1,4}}[多余来]?)?"
)
# Those who are counted as people who are there.
_GROUP = (
    "大人|成年?人|小孩子?|孩子|孤儿|儿童|婴幼?儿|幼儿|宝宝|双胞胎|娃娃?|小朋友|老人家?|老年人|老头|老太太?|老爷子|老汉|老乡|老师|老者|"
    "学生|学员|居民|村民|群众|孕产?妇|产妇|病人|病号|病友|病患|患者|乘客|师生|工人|工友|民工|职工|员工|工作人员|旅客|业主|租客|房客|住户|"
    "同学|妇女|女[生性孩]|男[生性孩]|灾民|难民|伤[员者]|伤病员|乡亲|游客|游人|驴友|队友|难友|室友|家属|残疾人|残障人?士?|盲人|邻居|亲戚|家人|街坊|"
    "流浪汉|流浪者|乞丐|姑娘|大爷|大妈|奶奶|爷爷|阿姨|阿婆|婆婆|家长|老外|外国人|同事|亲友|伙计|店员|保安|保洁|船员|矿工|渔民|牧民|农民|战士|顾客|食客|香客|被困者|遇险者"
)
# Those who come and help.
_HELPER = (
    "帮手|帮工|志愿者|志工|义工|人手|壮?劳力|壮丁|壮汉|壮小伙|小伙子?|小伙伴|后生仔?|青年|年轻人|师傅|大学生|党员|护工|男的|男同志|女的|女同志|男[生士]|女[生士]|"
    "搭把手的|搭手的|帮忙的|能扛的|有力气的|邻居|街坊|热心人|小哥|伙计|大汉|小年轻|高手|能人|保安|保洁|搭档|代表|干部|护士|医生|医护|司机|电工|水电工|木工|瓦工|小工|民工|阿姨|大[姐哥叔妈爷嫂]|奶奶|汉子|好汉|闲人|同志|"
    "队员|厨师|厨子|家长|哥们儿?|兄弟|姐妹|弟兄|力气大的|手脚[麻利]|身强|身体好|"
    "[\u4e00-\u9fff]{1,3}[师员](?!傅)|[\u4e00-\u9fff]{1,2}工(?![作具程资地厂钱])|人"
)
# 会爬架子的, 有驾照的, 发传单的, 壮实的: helpers told by what they do or can.
_DOER = (
    r"(?:[会能懂有肯愿识认抬搬扛推拉背扶拆装修骑划发守值看带教陪帮扫擦洗剪理接送跑测登写拍掌打切烧煮做开挑挖铲砍锯撑拎提递卸站巡喂照倒量翻记管]"
    r"[\u4e00-\u9fff]{1,6}?|年轻|年富力强|力气大|力气足|劲大|劲儿大|个高|个子高|个头高|胆大|心细|细心|耐心|利索|手巧|壮实|结实|强壮|身强力壮|水性好|懂行|在行|腿脚快|腿脚好|手快)的"
)
# What is asked for: the last word before the figure, with what may stand between.
_WANT = (
    r"(?:有没有|有无|出|缺|差|(?<![至最多不])少|需要?|要|找|请|招募?|招呼|来|喊|叫|求|派|凑|急需|得|寻|征集?|征召|配|雇|抽调?|调|匀|"
    r"给我|给派|给找|借|安排|指派|拨|盼|想有|能有|拉|召集|集合|聚|组织|增援|支援|增派|加派|补|添|拼|谁家有|哪家有)"
    r"(?:大概|大约|约莫?|至少|最少|起码|差不多|另外|再|还|上|够|齐|足|有|要|得|来|个|点|出|它|他|到|满|请|找|招|叫|[:是]){0,3}\s?$"
)
_WANTED = re.compile(_WANT)
_NOT_WANTED = re.compile(r"(?:不用|不要|不需要?|(?<!有)没|别|只有|才来|就来|多少|带|谢谢|感谢|多谢|辛苦)[^,。]{0,2}$")
_ADJECTIVE = (
    r"(?:[0-9一二三四五六七八九十]{1,3}多?岁的?|独居的?|高龄|孤寡|残疾的?|年迈的?|受伤的?|生病的?|被困的?|卧床的?|"
    r"瘫痪的?|空巢|感染的?|发烧的?|隔离的?|透析的?|化疗的?|轮椅|坐轮椅的|失能的?|留守|住校的?|外地|外来|滞留的?|中暑的?|流浪|"
    r"晕倒的?|走失的?|迷路的?|聋哑|失明的?|年轻|女|男|小|老|重症?|轻症?|在校|住院的?|滞留|随行|同行的?){0,2}?"
)
# Behind a measure word the end of a word tells a kind of person: 六个采茶工, 三名渔友.
_KIND = (
    r"(?:(?![月没在了有给被把是送找请叫小钟星礼不用带要想])[\u4e00-\u9fff]){0,4}?(?:友(?![好谊情善])|员(?!工?通)|工人|工(?![具作程资地厂夫业人钱期])|者|"
    r"民(?![房宅族间警])|客(?![厅户车气运服])|童(?![车装年])|娃|外?孙[子女]?|妇|汉|生(?![意活命病日鲜产态气菜锈水肉姜蚝间])|亲戚|同胞|兵)"
)
# One scan: a figure, its measure and the kind of person; what stands around it tells who is counted.
_COUNTED = re.compile(
    rf"(?P<q>{_Q})\s?(?P<measure>口|号(?=人|学生|工人|老人|员工|居民|村民|病号|乘客|游客)|[{_MEASURE}]|条(?=好?汉|大汉|壮汉)|员(?=大将))?\s?"
    rf"(?:{_ADJECTIVE}(?P<noun>{_GROUP}|人)|(?<=[{_MEASURE}号])(?P<kind>{_KIND}))?"
)
_HELPERS = re.compile(
    rf"\s?(?:[\u4e00-\u9fff]{{0,6}}?(?:{_HELPER})(?![份间座次均口家])|{_DOER}(?=$|[\s,。!;、]|[来帮就都一轮陪]))"
)
_HELPING = re.compile(
    r"\s?(?:来|帮|搭|抬|搬|扛|陪|会|能|懂|去|装|推|值|守|站|看|照|一起|左右|手|的力气|轮|顶|分发|发放|卸|挖|清|扫|拉|传|递|负责|巡|拆|铲)"
)
_STOP = re.compile(r"\s?(?:$|[,。!;?、…~]|吧|呗|啊|哈|哦|不|没|吗|么|左右|全|都|被)")
_RATIONS = re.compile(r"的[\u4e00-\u9fff]{0,2}(?:[饭餐粮菜量吃药衣被水]|物资|生活用品)")
# 三人沙发, 四人帐篷, 五人座: a size, no people.
_SIZE = re.compile(
    r"\s?(?:人|口)?的?(?:沙发|帐篷|床|桌|座|间|份|餐|锅|套|团|游|艇|船|车|轿|饭盒|宿舍|房|位子|卡|票|水|篮球|足球|赛|制|台|冠|称|桌子|被)"
)
_ENOUGH = re.compile(
    r"\s?(?:人|小伙子?|师傅|壮汉|壮?劳力|男的|年轻人|帮手|志愿者|手)?(?:左右)?(?:就|也|才|应该|估计|肯定)?"
    r"(?:够|行(?<!三人行)|可以|成(?!年)|足够|足矣|最好|合适|即可|能?[抬搬推扛挪弄拉]得[动走起]|能[抬搬推扛挪弄拉搞办完]|搞定|解决|差不多|OK|ok)(?!不)"
)
_NOT_ENOUGH = re.compile(r"(?:人|小伙子?)?(?:也|都|还|根本|实在)?(?:[抬搬扛弄忙推挪拉拽]不|够不着|不够|不行)")
_HAND_WORK = re.compile(r"壮|劳力|志愿者|义工|搬|抬|扛|搭把手|帮忙|人手|帮手|推|人|轮班|搭手|挪|卸")
_CARRYING = re.compile(r"搬|抬|扛|搭把手|搭手|帮忙|缺人|[要招需找]人|人手|推车|卸|挪|拖|清淤|沙袋|陪|值班|站岗")
_LEAST = re.compile(r"(?:至少|最少|起码)(?:要|得|需要|还要|还得|有)?\s?$")
# 搬书八到十人: the work right before the figure.
_TASK = re.compile(
    r"(?:搬|抬|扛|推|卸|装|拔|扫|铲|挖|巡|值|守|清|拆|拖|挪)[\u4e00-\u9fff]{0,3}?(?<!了)(?:大概|约|至少|共)?$"
)
_AT_THE_END = re.compile(
    r"\s?(?:人|小伙子?|汉子|劳力|壮汉|帮手)?(?:左右|上下)?(?:就够了?|就行|最好|吧|即可|足够)?\s?(?:[。!]?$|[,。!])"
)
_PARCELS = re.compile(r"快递|包裹")
# Words that tell who is counted to be in need; beside them 至少四人 asks for nobody.
_SUFFERING = re.compile(
    r"困|堵在|受伤|伤者|伤员|失联|滞留|转移|断[粮水药电]|没[吃水药饭喝]|发烧|昏|晕|淹|埋|等着|等救|求救|遇难|冻|饿|感染|阳了|中毒|走失|走丢|被[围锁]|病倒"
)
# 护士2名, 壮劳力五六个, 会开船的2名, 志工缺14名, 名额就剩两个.
_ROSTER = re.compile(
    rf"(?:帮手|帮工|志愿者|志工|义工|人手|劳力|壮汉|小伙子?|后生|年轻人|师傅|党员|护工|男[生士的]|女[生士的]|男同志|女同志|护士|医生|司机|电工|厨师|队员|民工|"
    rf"[师员匠工](?<=[\u4e00-\u9fff][师员匠工])|[缺差招][\u4e00-\u9fff]{{1,5}}的|岗位?|名额|空位|缺口|空缺|[会懂能有][\u4e00-\u9fff]{{1,5}}的)"
    rf"\s?[:,]?\s?(?:还|就|只|大概|另|再)?(?:缺|差|要|需要?|招|少|剩|空|求)?(?:大概|约|至少|最少|起码)?\s?(?P<q>{_Q})\s?(?:[{_MEASURE}条]|人(?![份间]))"
)
_WANTING = re.compile(r"[缺需招求差空]|急要|要|找|请|想|剩|凑|征|寻")
# 需志愿者:登记2名,测温3名 and 缺保安2人、保洁3人.
_POST = rf"(?:(?![个约大近至最{_FIGURE}])[\u4e00-\u9fff]){{2,5}}?\s?[0-9一二三四五六七八九十两]{{1,3}}\s?(?:[名位]|人(?![份间]))"
_SHIFTS = re.compile(
    rf"(?:志愿者[:,\s]|义工[:,\s]|志工[:,\s]|人手[:,\s]|帮手[:,\s]|劳力[:,\s]|人员[:,\s]|岗位[:,\s]|缺|招募?|急需|需要?(?!救|送|照|帮))\s?"
    rf"(?P<list>{_POST}(?:[\s,、;和及]{{0,2}}{_POST}){{0,5}})"
)
_SHIFT = re.compile(rf"(?P<q>[0-9]{{1,2}}|[一二三四五六七八九十两]{{1,2}})\s?[{_MEASURE}人]")
# 四人一组,要三组: so many times so many.
_TEAMS = re.compile(
    r"(?P<q>[0-9]{1,2}|[一二三四五六七八九十两]{1,2})个?人?(?:一|为一|1)(?P<unit>[组班队拨批])[,、\s]?(?:总?共|一共|[要得分需排凑来缺差]|需要|安排|轮){1,2}(?P<more>[0-9]{1,2}|[一二三四五六七八九十两]{1,2})个?(?P=unit)"
)
_ONE_HAND = (
    re.compile(
        rf"(?:找|请|来|缺|差|要|求|派|喊|叫|寻|盼)(?:一?[位个]|名)(?!医|护士)(?:(?![{_FIGURE}])[\u4e00-\u9fff]){{0,3}}?(?:{_HELPER}|会|懂)(?![家份])"
    ),
    # One pattern each: what they begin with lets the engine skip the rest of the text.
    re.compile(r"想请个?人(?!家)"),
    re.compile(r"[找缺求]个(?:伴(?!侣|奏)|搭子|搭档|帮厨)"),
    re.compile(r"有没有(?:哪位|个|位)?(?:志愿者|义工)"),
)

_ROUND_BEFORE = re.compile(
    r"(?:约莫?|大约|大概|近|将近|差不多|接近|不到|不足|估摸着?|估计|少说|怕|超过?|不下|好)(?:有|是)?\s?$"
)
_ROUND_AFTER = re.compile(r"(?:人|号人)?(?:左右|上下|以上|出头|开外)")
_UNCOUNTED_BEFORE = re.compile(
    r"(?:每|第|没有?|名额|限|满|仅|元|块|¥|[a-z]|[来找请叫派去走](?:过了?|了)|有过|[-./:])$|(?:上次|以前)[^,。]{0,3}$"
)
_UNCOUNTED_AFTER = re.compile(
    r"间|座|份|桌|床|次|票|餐|套|手|均|称|家(?!庭|里|都|没)|民|工|行道|多少|字|以上老人|才能?|世界|转[发账]|组|行|[一每][组班队拨批岗]|真|太|九个|有[一二三]个|"
    r"换着|轮|倒班|分两|沙发|帐篷|的?车(?!祸)|艇|团|锅|桌|间|房|赛|制|证|卡|院|学校|中心|活动|食堂|餐厅|大学|的(?:会(?!员)|名字|事|照片|合影|活|床|票|钱|名额|力)|机|就[能够行]|来帮|公园|专座|节"
)
_TOTAL = re.compile(
    r"(?:人数|困|共|总计|合计|总数|滞留|转移|一家|全家|家里|车[里上]|[里内]有)[:是有约近了大概着\s]{0,3}$"
)
# 水里有4个, 共七位: counted without saying whom.
_TOTAL_OF_THEM = re.compile(
    r"(?:[总一]?共|总计|合计|加起来|加一起|凑一块|(?:[水车屋楼洞井河坑船梯塘窖巷房](?:[里上]|里?)|里|下)[面头边]?(?:还|一共|总共)?(?:有|剩|困|埋|压|卡|堵|躺|倒)[着了]?|"
    r"[埋压困卡淹砸][着了住]?|[车船梯屋楼]上)[:有约是还剩]{0,2}$"
)
_PRESENT = re.compile(r"了[^,。]{0,2}[,。].{0,4}[缺差少]")
_LISTED = re.compile(
    rf"(?:{_GROUP})(?P<all>们)?\s?[:有]?\s?(?P<q>[0-9]{{1,3}}|[一二三四五六七八九十两俩仨]{{1,3}})\s?(?:(?P<measure>[个名位人])|(?![个小点月岁]))"
)
_BIG_AND_SMALL = re.compile(
    r"(?P<q>[0-9一二三四五六七八九十两俩仨][0-9]?)\s?个?[大老]的?\s?[,、和带加]?\s?(?P<more>[0-9一二三四五六七八九十两俩仨][0-9]?)\s?个?[小少](?![时区])"
)
# 四男三女, 男的4个女的2个, 两女一男.
_MEN_AND_WOMEN = re.compile(
    r"(?P<q>[0-9一二三四五六七八九十两][0-9]?)个?(?P<sex>[男女])[的生士]?[,、和加]?(?P<more>[0-9一二三四五六七八九十两][0-9]?)个?(?!(?P=sex))[男女]|"
    r"男(?:的|生|士|同志|丁)?(?P<men>[0-9一二三四五六七八九十两][0-9]?)[个名位人]?[,、和加\s]?女(?:的|生|士|同志)?(?P<women>[0-9一二三四五六七八九十两][0-9]?)[个名位人]?"
)
_AND = re.compile(r"[\s,、和带跟及加与还有着]{0,3}")
# 外婆带俩外孙: one more than those who are taken along.
_LED = re.compile(
    r"(?:[我咱俺](?:和|跟|同|与)|(?:一个人|独自|我|俺|奶|爷|婆|公|姥姥|妈|爸|爹|娘|母亲|父亲|妻子|老婆|孕妇|妇女|老人|大人|女人|男人|大姐|嫂子?)(?:一个人|独自)?[带领]着?)$"
)
_KIDS = re.compile(rf"{_ADJECTIVE}(?:{_GROUP}|外?孙[子女]?|儿子|女儿|儿女|闺女)")
# Every word begins with a letter of its own, so that the engine skips whatever cannot begin one.
_PAIRS = "母女|父子|母子|父女|夫妻|夫妇|姐妹|姊妹|兄弟|祖孙|爷孙|婆媳|娘(?<![大老姥婶]娘)|爷(?<![大老姥少]爷)|姐弟|兄妹|婆孙|公婆|翁媳|师徒"
_PAIR = re.compile(
    rf"(?:{_PAIRS}|老两口|小两口|两口子|老俩口)(?:(?<=口)|(?<=口子)|(?:两(?!口)|二|俩|双双|都(?=阳|病|烧|倒|困|瘫|残|感染|受伤|高烧|发烧|动不了)|(?P<q>[三四五六仨]))(?![天点月年岁]))"
    rf"(?:人|个|口)?(?:带着?(?:(?P<more>[一二两俩三四1-9])个?|(?P<one>个)){_ADJECTIVE}(?:{_GROUP}|外?孙[子女]?|儿子|女儿|儿女|闺女))?"
)
_WE = re.compile(
    r"[我咱俺](?:们|家|们家)?(?P<q>[俩仨](?!个?人?(?:也|都|还|根本|实在)?(?:[抬搬扛弄忙推挪拉拽]不|够不着))|[两三四五六七八九十][个口]?人?(?=困|被|都|全|在|没|已|[,。\s!]|$)(?!都?(?:坏|漏|没电|断|不亮)))"
)
_NUMBER_OF = re.compile(rf"人数[:是为\s]{{0,2}}(?P<about>约|大约|近)?(?P<q>{_Q})")
_HOUSEHOLD = re.compile(r"(?P<q>[三四五六七八3-8])口之家")
_ALONE = re.compile(r"一个人|1个人")
_MAYBE = re.compile(r"[个名位人口俩仨号大老男女条]")


@dataclass(frozen=True, slots=True)
class _Counted:
    """A figure with what it counts, and whether it tells how many should come."""

    match: re.Match[str]
    hands: bool


def _of(figure: str, *, about: bool = False) -> Count | None:
    figure = _BARE.sub("", figure)
    read_figure = estimate(figure)
    return Count(read_figure[0], read_figure[1], about or read_figure[2]) if read_figure else None


_BARE = re.compile(rf"[{_MEASURE}人口](?=$|\s?[-~到至—、])")


# A list of so many figures is no plea; looking on would only cost time.
_MOST = 40


@lru_cache(maxsize=2)
def _counts(folded: str) -> tuple[_Counted, ...]:
    """Every figure that may count people; both readers need them, the second finds them here."""
    found = [
        match
        for match in islice(_COUNTED.finditer(folded), _MOST)
        if (match["measure"] or match["noun"] or match["q"] in ("俩", "仨")) and not _is_alone(folded, match)
    ]
    shifts = _shifts(folded) if found else None
    low, high = shifts.span("list") if shifts else (0, 0)
    return tuple(_Counted(match, low <= match.start() < high or _is_hands(folded, match)) for match in found)


# What a word that asks for something ends with, so that others need not be looked through.
_WANT_ENDS = frozenset(
    "有无出缺差少需要找请募招呼来喊叫求派凑得寻征集召配雇抽调匀我给借排拨盼拉合聚织援加补添拼家约莫低码多外再还上够齐足个点到它他满:是"
)
# 我一个人扛得动 asks for nobody.
_MYSELF = frozenset("我咱俺己")
_AFTER_ALONE = frozenset("就也才够即足")


def _is_alone(folded: str, match: re.Match[str]) -> bool:
    """一个人在家: neither a head-count nor a wish, unless one is asked for."""
    start, end = match.span()
    if match["q"] == "一" and "一个" in (folded[max(0, start - 2) : start], folded[end : end + 2]):
        return True  # one by one
    if match["q"] not in ("一", "1") or match["noun"] != "人":
        return False
    before = folded[max(0, start - 2) : start].rstrip()
    return before[-1:] not in _WANT_ENDS and folded[end : end + 1] not in _AFTER_ALONE


def _is_hands(folded: str, match: re.Match[str]) -> bool:
    """Whether a count says how many should come: 缺3名, 两个人就够, and 搬书柜,两个人 at the very end."""
    start, end = match.start(), match.end("measure") if match["measure"] else match.end("q")
    before = folded[max(0, start - 10) : start]
    if match["measure"] == "口" or not (match["measure"] or match["noun"] == "人" or match["q"] in ("俩", "仨")):
        return False
    if _NOT_WANTED.search(before) or _RATIONS.match(folded, match.end()) or _SIZE.match(folded, end):
        return False
    if _PLACES_LEFT.match(folded, end):
        return bool(_WANTING.search(folded)) and "最后" not in before
    if _ENOUGH.match(folded, end) and _HAND_WORK.search(folded):
        # 231人够的话 names an order.
        return before[-1:] not in _MYSELF and not (match["q"].isdecimal() and len(match["q"]) > 2)
    needy = match["noun"] is not None and _NEEDY.fullmatch(match["noun"]) is not None
    if before.rstrip()[-1:] in _WANT_ENDS and not needy and _WANTED.search(before):
        # 名 and 位 count nobody but people.
        if match["measure"] in ("名", "位"):
            return not _NO_HANDS.match(folded, end) and not _UNCOUNTED_AFTER.match(folded, match.end())
        helpers = match["noun"] or match["kind"] or _HELPERS.match(folded, end)
        if helpers or (match["measure"] and _HELPING.match(folded, end)):
            return folded.startswith("人手", end) or not _UNCOUNTED_AFTER.match(folded, match.end())
        return bool(_STOP.match(folded, end) and (_HAND_WORK.search(folded) or before.rstrip()[-1] in "差缺"))
    if match["noun"] == "人" and _TASK.search(before) and _STOP.match(folded, match.end()):
        return not _SUFFERING.search(folded)
    if _LEAST.search(before):
        return bool(_CARRYING.search(folded) or (_STOP.match(folded, match.end()) and not _SUFFERING.search(folded)))
    if match["measure"] and _WILLING.match(folded, end):
        return True
    ended = before[-1:] in (",", " ", "。", "约", "概", "") and _AT_THE_END.match(folded, end)
    return bool(
        ended
        and (match["measure"] in ("个", "名", "位", "条") or match["noun"] == "人")
        and _CARRYING.search(folded, 0, start)
        and not _PARCELS.search(folded[:start])
        and not _SUFFERING.search(folded, 0, start)
    )


_NO_HANDS = re.compile(r"数|额|次|密码|[^,。]{0,4}(?:老人|孩子|小孩|孤儿|患者|病人|孕妇|伤员|婴儿|残疾)(?!家)")
_PLACES_LEFT = re.compile(r"\s?(?:名额|空位|缺口|岗位|空缺)")
# Who is asked for help is a helper, but who is old, small or ill is not asked to carry.
_NEEDY = re.compile(
    r"大人|小孩子?|孩子|孤儿|儿童|婴幼?儿|幼儿|宝宝|双胞胎|娃娃?|小朋友|老人家?|老年人|老太太?|老头|孕产?妇|产妇|病.|患者|灾民|难民|伤.*|乘客|旅客|游客|被困者|流浪.|残疾人"
)
# 3位会日语的帮着翻译, 十五个义工分发饭盒, and 两位志愿者 as a whole message.
_WILLING = re.compile(
    rf"\s?(?:志愿者|义工|志工|壮?劳力|壮汉|帮手|小伙子|年轻人|{_DOER})(?:帮[着忙我]|来(?!了)|分发|发放|去|负责|轮着|轮流|搬|抬|[。!]?$)"
)


def find_needed(folded: str) -> Count | None:
    """How many hands are wanted: 缺3名帮手, 两个人就够, 五到八个志愿者."""
    if not _MAYBE.search(folded):
        return None
    counts = _counts(folded)
    if counts and (several := _teams(folded) or (_roster(folded, counts) if _WANTING.search(folded) else None)):
        return several
    for one in counts:
        if one.hands and (count := _rounded(folded, one.match)):
            return count
    if (both := _men_and_women(folded)) and both[1]:
        return both[0]
    return Count(1, 1) if any(pattern.search(folded) for pattern in _ONE_HAND) else None


def _teams(folded: str) -> Count | None:
    """四人一组,要三组 are twelve."""
    teams = _TEAMS.search(folded) if any(unit in folded for unit in "组班队拨批") else None
    each, many = (read(teams["q"]), read(teams["more"])) if teams else (None, None)
    return Count(each * many, each * many) if each and many else None


def _shifts(folded: str) -> re.Match[str] | None:
    shifts = _SHIFTS.search(folded)
    return None if shifts is None or _IN_NEED.search(shifts["list"]) else shifts


_IN_NEED = re.compile(r"老人|孩|孤儿|患者|病人|孕妇|伤员|婴|残疾|被困|一家|乘客|居民")


def _roster(folded: str, counts: tuple[_Counted, ...]) -> Count | None:
    """护士2名,司机1名 are three; 壮劳力五六个 is a range."""
    shifts = _shifts(folded)
    # Only around the figures that were found already; the words before one are not many.
    spans = [(max(0, one.match.start() - 14), one.match.end() + 3) for one in counts]
    around = {
        match.start("q"): match
        for span in spans
        for match in _ROSTER.finditer(folded, *span)
        if _WANTING.search(folded, max(0, match.start() - 12), match.start("q"))
        and (match[0][-1] != "个" or _STOP.match(folded, match.end()))
    }
    found = list(_SHIFT.finditer(shifts["list"])) if shifts else [around[at] for at in sorted(around)]
    said = [
        count
        for match in found
        if (count := _of(match["q"], about="约" in match[0] or bool(_ROUND_AFTER.match(match.string, match.end()))))
    ]
    if not said:
        return None
    return Count(sum(one.min for one in said), sum(one.max for one in said), any(one.about for one in said))


def find_people(folded: str) -> Count | None:
    """How many need help: 4个人, 一家四口, 大人6个小孩3个. Hands wanted and ages are none."""
    if not _MAYBE.search(folded):
        return None
    if number_of := _NUMBER_OF.search(folded):
        return _of(number_of["q"], about=bool(number_of["about"]))
    scanned = _counts(folded)
    counted = [one.match for one in scanned if _is_counted(folded, one)]
    household = next((match for match in counted if match["measure"] == "口" and not _couple(folded, match)), None)
    if household:
        return _rounded(folded, household)
    if pair := _paired(folded, scanned):
        return pair
    people = [match for match in counted if match["noun"] == "人"]
    for match in people:
        if _TOTAL.search(folded, max(0, match.start() - 6), match.start()):
            return _rounded(folded, match)
    hands = {one.match.start() for one in scanned if one.hands}
    every = [
        match
        for match in _LISTED.finditer(folded)
        if match.start("q") not in hands and folded[max(0, match.start() - 1) : match.start()] not in _SOUGHT
    ]
    if listed := _listed(folded, every):
        return listed
    if people:
        return _rounded(folded, people[0])
    total = next((one.match for one in scanned if _is_total(folded, one.match)), None)
    if total:
        return _rounded(folded, total)
    return _sized(folded) or _sum(folded, counted) or _told_of(folded, every)


def _couple(folded: str, match: re.Match[str]) -> bool:
    """老两口 and 两口子 are one couple, and whoever is with them comes on top."""
    at = match.start()
    return match["q"] == "两" and (folded[max(0, at - 1) : at] in ("老", "小") or folded.startswith("子", match.end()))


def _is_total(folded: str, match: re.Match[str]) -> bool:
    """水里有4个 and 共七位."""
    return bool(
        match["measure"] in ("个", "名", "位")
        and not (match["noun"] or match["kind"])
        and _TOTAL_OF_THEM.search(folded, max(0, match.start() - 8), match.start())
        and _STOP.match(folded, match.end())
    )


def _is_counted(folded: str, one: _Counted) -> bool:
    """Whether a count is one of people who are there: no hands, no ages, no 一个人够不着, no 三人间."""
    match = one.match
    if one.hands or not (match["noun"] or match["kind"] or match["measure"] == "口"):
        return False
    start = match.start()
    before = folded[max(0, start - 6) : start]
    total = bool(_TOTAL.search(before))
    if match["q"] in ("一", "1") and not (total and match["noun"] == "人" and not _ALONE.match(folded, start)):
        return (match["noun"] or match["kind"]) not in ("人", None) and bool(
            _AND_COUNT.match(folded, match.end()) or _joined_to(folded, start)
        )
    if _UNCOUNTED_BEFORE.search(before) and not total:
        return False
    if _UNCOUNTED_AFTER.match(folded, match.end()) or _NOT_ENOUGH.match(folded, match.end()):
        return False
    return not _PRESENT.match(folded, match.end())


# 两个老人一个孩子: one child counts where others are counted beside it.
_AND_COUNT = re.compile(rf"[\s,、和带跟及加与]{{0,2}}[{_FIGURE}]{{1,3}}[个名位](?:{_GROUP})")
_COUNT_AND = re.compile(rf"[{_FIGURE}]{{1,3}}[个名位](?:{_GROUP})[\s,、和带跟及加与]{{0,2}}$")


def _joined_to(folded: str, start: int) -> bool:
    return bool(_COUNT_AND.search(folded, max(0, start - 12), start))


def _rounded(folded: str, match: re.Match[str]) -> Count | None:
    start = match.start()
    about = (
        _ROUND_BEFORE.search(folded, max(0, start - 5), start)
        or _ROUND_AFTER.match(folded, match.end())
        or (match["q"][0] in "百千万" and folded[max(0, start - 1) : start] == "上")
    )
    return _of(match["q"], about=bool(about))


# 急缺工人5名 asks for them.
_SOUGHT = frozenset("缺招找请求要")


def _listed(folded: str, every: list[re.Match[str]]) -> Count | None:
    """大人6个小孩3个 and 老人2名,小孩1名."""
    found: list[re.Match[str]] = []
    for match in every:
        if found and not _AND.fullmatch(folded, found[-1].end(), match.start()):
            break
        found.append(match)
    counts = [count.min for match in found if (count := _of(match["q"]))]
    return Count(sum(counts), sum(counts)) if len(counts) > 1 else None


def _told_of(folded: str, every: list[re.Match[str]]) -> Count | None:
    """孤儿7名, 老人三位: one kind, its number behind it; and 四男三女."""
    match = every[0] if every else None
    if match and (match["measure"] in ("名", "位", "人") or match["all"]) and match["q"] not in ("一", "1"):
        return _of(match["q"])
    both = _men_and_women(folded)
    return both[0] if both and not both[1] else None


def _men_and_women(folded: str) -> tuple[Count, bool] | None:
    """四男三女, and whether they are wanted."""
    match = _MEN_AND_WOMEN.search(folded) if "男" in folded and "女" in folded else None
    first, second = (_of(match["q"] or match["men"]), _of(match["more"] or match["women"])) if match else (None, None)
    if match is None or first is None or second is None:
        return None
    wanted = _WANTED.search(folded, max(0, match.start() - 10), match.start())
    hands = wanted or (_CARRYING.search(folded) and not _SUFFERING.search(folded))
    return Count(first.min + second.min, first.min + second.min), bool(hands)


def _sized(folded: str) -> Count | None:
    """5大2小 and 两老一小."""
    match = _BIG_AND_SMALL.search(folded) if "小" in folded or "少" in folded else None
    grown, small = (_of(match["q"]), _of(match["more"])) if match else (None, None)
    return Count(grown.min + small.min, grown.min + small.min) if grown and small else None


def _paired(folded: str, scanned: tuple[_Counted, ...]) -> Count | None:
    """母女二人, 我们仨, 夫妻二人带一个孩子, 三口之家."""
    if pair := _PAIR.search(folded):
        more = _of(pair["more"]) if pair["more"] else None
        several = _of(pair["q"]) if pair["q"] else None
        total = (several.min if several else 2) + (more.min if more else bool(pair["one"]))
        return Count(total, total)
    for one in scanned:
        end = one.match.end("measure") if one.match["measure"] else one.match.end("q")
        led = _LED.search(folded, max(0, one.match.start() - 8), one.match.start())
        if led and _KIDS.match(folded, end) and (taken := _of(one.match["q"])):
            return Count(taken.min + 1, taken.min + 1)
    household = (_HOUSEHOLD.search(folded) or _WE.search(folded)) if scanned else None
    return _of(household["q"]) if household else None


def _sum(folded: str, counted: list[re.Match[str]]) -> Count | None:
    """两个老人一个孩子 are three; what stands apart is counted once."""
    total: Count | None = None
    end = -1
    for match in counted:
        count = _rounded(folded, match)
        if count is None:
            continue
        if total is None:
            total = count
        elif _AND.fullmatch(folded, end, match.start()):
            total = Count(total.min + count.min, total.max + count.max, total.about or count.about)
        else:
            break
        end = match.end()
    return total


_N = r"(?P<n>[0-9]{1,3}|[一二三四五六七八九十两俩仨百]{1,4})"
_CLAIMED_WITH = (
    (
        re.compile(
            r"(?:带|加)\s?" + _N + r"\s?(?:个|名|位)?\s?(?:人|朋友|帮手|同事|邻居)?(?![0-9小分点袋箱包瓶些样件])"
        ),
        1,
    ),
    (re.compile(r"(?:我|加我)?一共?" + _N + r"\s?(?:个|人)"), 0),
    (re.compile(r"(?:我们|来|去|算|算上我)\s?" + _N + r"\s?(?:个人?|人|口)?(?=$|[\s,。!去来都])"), 0),
)
_KIN = (
    r"(?:弟弟?|哥哥?|姐姐?|妹妹?|爸爸?|妈妈?|爱人|老公|老婆|媳妇|对象|儿子|女儿|闺女|朋友|同事|"
    r"邻居|室友|徒弟|同学|丈夫|妻子|先生|太太|老伴|搭档|战友)"
)
_WITH_ONE = re.compile(r"(?:带上?|叫上|喊上|拉上|约上|和|跟|同|与)(?:着|上)?(?:我|俺|我家|我们家|一个|个)?的?" + _KIN)
_BOTH = re.compile(r"我们?(?:俩|两(?:个人?|人)|两口子|两(?![点天年分小半个]))|俩人")


def find_claimers(folded: str) -> Count | None:
    """How many come, the speaker counted: 带1人 → 2, 我和老公都去 → 2."""
    if _BOTH.search(folded):
        return Count(2, 2)
    if _WITH_ONE.search(folded):
        return Count(2, 2)
    for pattern, extra in _CLAIMED_WITH:
        match = pattern.search(folded)
        if match:
            number = read(match["n"])
            if number is not None and 0 < number <= 50:
                return Count(number + extra, number + extra)
    return None


SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳"
    "鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒"
    "屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫房裘解应宗丁宣邓郁单杭洪包诸左石崔"
    "吉龚程邢裴陆荣翁荀甄曲储靳段焦巴谷车侯全班仰秋仲伊宫宁仇栾甘厉戎祖武符刘景詹龙叶司黎乔苍双闻莘翟谭贡劳冉申桂牛边燕尚温庄晏柴瞿阎慕连习艾容向古易廖终衡步耿满匡文寇广东欧沃利关聂冷辛阚那简饶曾沙丰游岳桑"
)
_TITLE = (
    r"(?:奶奶|爷爷|大爷|大妈|大娘|大伯|大叔|大姐|大哥|阿姨|阿婆|阿公|叔叔|叔|婶|姨|伯伯|伯|姐|"
    r"哥|老师|老太太?|老爷子|婆婆|公公)"
)
_KIN_FOR = (
    r"(?:爸妈|父母|公婆|岳父母|弟媳|弟妹|妹夫|嫂子|姐夫|爷爷奶奶|外公外婆|妈妈?|爸爸?|奶奶|爷爷|公公|婆婆|外婆|外公|姥姥|姥爷|老公|老婆|老伴儿?|爱人|媳妇|儿子|"
    r"女儿|闺女|孩子|娃|孙子|孙女|外孙女?|岳父|岳母|丈母娘|老丈人|父亲|母亲|爹|娘|老爸|老妈|舅舅?|舅妈|姑姑?|姑妈|姨妈?|"
    r"叔叔|婶婶|伯伯|弟弟?|妹妹?|哥哥?|姐姐?|宝宝|表[哥姐弟妹]|堂[哥姐弟妹])"
)
_FRIEND = r"(?:朋友|同学|同事|邻居|闺蜜|战友|老乡|室友)"
_MINE = r"(?:我们家|我家|俺家|我|俺|咱|家里)(?:的)?(?:[0-9]{1,3}多?岁的?)?"
_FAMILY = rf"{_MINE}(?:{_FRIEND}(?:家?的?{_KIN_FOR}|(?![圈们群说发转]))|{_KIN_FOR}(?:[和跟与]我?{_KIN_FOR})?)"
_STATE_OF = (
    r"(?:吸氧|卧床|独居|瘫痪|偏瘫|失能|失明|残疾人?|坐轮椅|腿脚不便|行动不便|空巢|高龄|生病|发烧|受伤|盲人|聋哑人?|怀孕|住院|孤寡|"
    r"透析|化疗|癌症|尿毒症|糖尿病|痴呆|孤独症|自闭症)"
)
_ONE = r"(?:老人家?|老太太?|老大爷|奶奶|爷爷|大爷|大妈|大哥|大姐|大叔|阿姨|孩子|小孩|孕妇|病人|患者|小伙|姑娘|邻居)"
_FOR_WHOM = re.compile(
    rf"(?P<state>{_STATE_OF}的?{_ONE})"
    rf"|(?P<named>[{SURNAMES}]{_TITLE})"
    rf"|(?P<family>{_FAMILY})(?!家|们|说|托)"
    rf"|(?P<plain>老两口|小两口|(?:{_PAIRS})俩|老人家?|小孩子?|孩子|小宝|宝宝|婴儿|孕妇|产妇|宝妈|老太太?|老大爷|老爷子|娃娃?|"
    rf"小朋友|{_FRIEND}家?的{_KIN_FOR}|患者|[父母]亲(?!节)|外婆|外公|姥姥|姥爷|老伴)(?!们|餐|卡|证|活动|票|车|房|院|机)"
)
# Where such a word can begin; the long pattern is tried only there.
_HEAD = re.compile(
    f"[{SURNAMES}我俺咱家吸卧独瘫偏失残坐腿行空高生发受盲聋怀住孤透化癌尿糖痴自老小母父夫姐姊兄祖爷婆娘孩宝婴孕产娃朋同邻闺战室患外姥]"
    "(?=[奶爷大阿叔婶姨伯姐哥老婆公们家的里爸父岳弟妹嫂妈外姥爱媳儿女孩娃孙丈母爹娘舅姑宝表堂朋同邻闺战室0-9"
    "氧床居痪瘫能明疾障轮脚动巢龄病烧伤人哑孕院寡独析疗症毒尿呆两俩二三四五六仨小年妇乡友学事蜜者亲伴太子婴贝]|$)"
)
_NOT_FOR = re.compile(r"(?:联系|找|问|谢谢|感谢|多谢|让|叫|请|告诉|通知|电话给|[他她]|@)$")
_GONE = re.compile(r"(?:走了以后|走后|去世|过世|不在了|没了|说|托我|帮忙?|人真好)")


def find_beneficiary(folded: str) -> str | None:
    """Who needs it, when that is not plainly the speaker: 张奶奶, 我妈, 吸氧的老人."""
    best: str | None = None
    plain: str | None = None
    done = 0
    for head in _HEAD.finditer(folded):
        match = _FOR_WHOM.match(folded, head.start()) if head.start() >= done else None
        if match is None:
            continue
        done = match.end()
        if _NOT_FOR.search(folded[max(0, match.start() - 3) : match.start()]) or _GONE.match(folded, match.end()):
            continue
        if match["family"]:
            return match[0]  # 我公公 says more than 独居老人
        if match["plain"]:
            plain = plain or match[0]
        else:
            best = best or match[0]
    return best or plain


_COMPOUND_SURNAMES = (
    "欧阳",
    "司马",
    "上官",
    "诸葛",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
    "司徒",
    "夏侯",
    "呼延",
    "端木",
    "南宫",
)
# Words that begin like a name and are none.
_NO_NAME = re.compile(
    r"马上|高兴|向来|方便|平时|时候|安全|安排|常来|单位|单身|干活|干部|万一|何时|于是|温度|"
    r"严重|金额|项目|石头|江边|全部|全家|全体|管理|成都|"
    r"车主|车位|路过|路人|门口|应该|明天|明白|花钱|解决|强烈|连夜|雷锋|容易|都是|向你|党员|业主|"
    r"老师|老人|老太|老头|老板|老乡|老党员|老年|老两口|老公|老婆|小区|小孩|小学|小组|小店|小事|小朋友|小姑|阿姨"
)
_TITLED = re.compile(
    r"["
    + SURNAMES
    + r"]"
    + _TITLE
    + r"|["
    + SURNAMES
    + r"](?:师傅|书记|主任|医生|经理|总|工|大夫|老师|队长|站长|院长|律师|会计|校长|所长|园长)"
)


def is_name(text: str) -> bool:
    """Whether a word looks like a person's name: 王秀兰, 小李, 8栋的老赵 without the address, 许奶奶."""
    if not 2 <= len(text) <= 6 or _NO_NAME.match(text):
        return False
    if _TITLED.fullmatch(text):
        return True
    if not all("\u4e00" <= char <= "\u9fff" or char == "·" for char in text) or any(
        char in "的了是不没说" for char in text
    ):
        return False
    if text[0] in "小老阿" or text.startswith(_COMPOUND_SURNAMES):
        return len(text) <= 4
    return (text[0] in SURNAMES and len(text) <= 4) or "·" in text
