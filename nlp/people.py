"""Who and how many: head-counts, hands wanted, and for whom help is asked."""

from __future__ import annotations

import re

from nlp.intent import Count
from nlp.numbers import read

_N = r"(?P<n>[0-9]{1,3}|[一二三四五六七八九十两俩仨百]{1,4})"
_M = r"(?P<m>[0-9]{1,3}|[一二三四五六七八九十两百]{1,4})"
_HAND = (
    r"(?:帮手|志愿者|义工|人手|劳力|壮劳力|壮丁|小伙子?|青年|年轻人|师傅|大学生|党员|护工|男的|"
    r"男同志|女同志|搭把手的|能扛的|邻居|热心人|人)"
)
_NEEDED = (
    re.compile(
        r"(?:缺|差|少|还缺|还差|需要?|要|找|请|招|来|喊|叫|求|派|凑|再来|想要|急需)(?:大概|大约|约|至少|最少)?"
        + _N
        + r"(?:(?:到|至|-|~|、)?"
        + _M
        + r")?(?P<many>多|来|几)?\s?(?:个|名|位|条)(?:[\u4e00-\u9fff]{0,2}"
        + _HAND
        + r"|汉子|(?=来|帮|搭|抬|搬|陪|就|会|能|在|,|。|$))"
    ),
    re.compile(r"(?:搬|抬|扛|搭把手)(?!.{0,6}(?:快递|包裹|箱|袋)).{0,16}[,\s]" + _N + r"个人?(?:就够|就行)?$"),
    re.compile(r"帮忙.{0,16}[,\s]" + _N + r"个人(?:就够|就行)?$"),
    re.compile(
        r"(?:缺|差|少|需要?|要|找|请|招|来|喊|叫|求|派)(?P<n>[俩仨])(?:人|小伙|师傅|邻居|年轻|帮手|壮|大哥|男|能|会|来)"
    ),
    re.compile(
        _N + r"(?:(?:到|至|-|~)" + _M + r")?(?P<many>多)?(?:个|名|位)" + _HAND + r"(?:就够|就行|就可以|够了|足够|最好)"
    ),
    re.compile(r"(?:需|要|缺)\s?" + _N + r"(?:(?:到|至|-|~)" + _M + r")?\s?人"),
    re.compile(r"(?:找|请|来|缺|差|要|求)(?P<one>位|个|一位|一个|名)(?:[\u4e00-\u9fff]{0,3}" + _HAND + r"|会)"),
    re.compile(r"(?P<one>想请个?人)(?!家)|有没有(?P<one2>哪位|个|位)?(?:志愿者|义工)"),
)
_PEOPLE = (
    re.compile(r"大人\s?" + _N + r"\s?个?[,、和]?\s?(?:小孩|孩子|儿童|娃)\s?" + _M + r"\s?个?"),
    re.compile(_N + r"\s?(?:个|名)?大人[,、和带]?\s?" + _M + r"\s?(?:个|名)?(?:小孩|孩子|儿童|娃)"),
    re.compile(r"一家(?:老小|人)?\s?" + _N + r"\s?口"),
    re.compile(r"(?:母女|父子|母子|父女|夫妻|夫妇|姐妹|兄弟|祖孙|老两口|娘|爷)" + _N + r"\s?(?:人|个)?"),
    re.compile(
        r"(?P<about>约|大约|大概|近|将近|差不多|上)?"
        + _N
        + r"(?:到|至|-|~)?"
        + r"(?P<many>多|来|几|余)?\s?(?:个|名|位|口)\s?(?:人|孩子|小孩|老人|学生|居民|村民|婴儿|病人|大人|群众)(?![手])"
    ),
    re.compile(r"(?P<about>约|大约|大概|近|将近|差不多)" + _N + r"(?P<many>多|余)?人"),
    re.compile(r"(?:家里|我们|一共|总共|共|还有|被困|困了|有)" + _N + r"(?P<many>多|余)?(?:个|口)?人(?!手|家|帮)"),
)
_COUPLE = re.compile(r"老两口|两口子|夫妻俩|母女俩|母子俩|父子俩|父女俩|姐妹俩|兄弟俩|祖孙俩|娘俩|爷俩|我们俩|我俩")
_VAGUE = (
    (re.compile(r"几百(?:号|个|名)?人"), (200, 900)),
    (re.compile(r"几十(?:号|个|名|口)?人"), (20, 90)),
    (re.compile(r"十几(?:号|个|名|口)?人"), (11, 19)),
)
_ALONE = re.compile(r"一个人(?:在家|够不着|住|过|弄不|抬不|搬不|带|都|也|看|忙)")


def _count(match: re.Match[str]) -> Count | None:
    groups = match.groupdict()
    if groups.get("one") or "one2" in groups:
        return Count(1, 1)
    low = read(groups.get("n") or "")
    if low is None or low == 0:
        return None
    high = read(groups.get("m") or "") if groups.get("m") else None
    about = bool(groups.get("about"))
    if groups.get("many"):
        top = low + (9 if low % 100 >= 10 or low < 100 else 90)
        return Count(low, max(low, top), about=True)
    return Count(low, high if high and high > low else low, about=about)


def find_needed(folded: str) -> Count | None:
    """How many hands are wanted: 缺3名帮手, 两个人就够, 五到八个志愿者."""
    if not _MAYBE.intersection(folded):
        return None
    for pattern in _NEEDED:
        match = pattern.search(folded)
        if match:
            count = _count(match)
            if count:
                return count
    return None


_MAYBE = frozenset("个名位人口俩")
_AGED = re.compile(r"多?岁")


def find_people(folded: str) -> Count | None:
    """How many need help: 4个人, 一家四口, 大人6个小孩3个. Hands wanted and ages are none."""
    if not _MAYBE.intersection(folded):
        return None
    for pattern, (low, high) in _VAGUE:
        if pattern.search(folded):
            return Count(low, high, about=True)
    for index, pattern in enumerate(_PEOPLE):
        for match in pattern.finditer(folded):
            if index >= 4 and (
                _not_counted(folded, match)
                or any(other.search(folded, max(0, match.start() - 4), match.end() + 3) for other in _NEEDED)
            ):
                continue
            if index < 2:
                grown, small = read(match["n"]), read(match["m"])
                if grown and small:
                    return Count(grown + small, grown + small)
            count = _count(match)
            if count:
                return count
    return Count(2, 2) if _COUPLE.search(folded) else None


def _not_counted(folded: str, match: re.Match[str]) -> bool:
    """一个人够不着, 滑倒一个人, 85岁老人 and 60岁以上老人 count nobody."""
    if _ALONE.match(folded, match.start()):
        return True
    groups = match.groupdict()
    return groups.get("n") in ("一", "1") or bool(_AGED.match(folded, match.end("n")))


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
_FAMILY = (
    r"(?:我|我家|我们家|俺|俺家|咱|家里)(?:的)?(?:[0-9]{1,3}多?岁的?)?"
    r"(?:妈妈?|爸爸?|奶奶|爷爷|公公|婆婆|外婆|外公|姥姥|姥爷|老公|老婆|老伴儿?|爱人|媳妇|儿子|"
    r"女儿|闺女|孩子|娃|孙子|孙女|外孙女?|岳父|岳母|"
    r"丈母娘|老丈人|父亲|母亲|爹|娘|老爸|老妈|舅舅?|姑姑?|姨妈?|弟弟?|妹妹?|哥哥?|姐姐?|宝宝|爸妈|父母)"
)
_STATE_OF = r"(?:吸氧|卧床|独居|瘫痪|失能|残疾|坐轮椅|腿脚不便|行动不便|空巢|生病|发烧|受伤|盲人|聋哑|怀孕|住院|孤寡)"
_ONE = r"(?:老人家?|老太太?|老大爷|奶奶|爷爷|大爷|大妈|大哥|大姐|阿姨|孩子|小孩|孕妇|病人|小伙|姑娘|邻居)"
_FOR_WHOM = re.compile(
    r"(?P<state>" + _STATE_OF + r"的?" + _ONE + r")"
    r"|(?P<named>[" + SURNAMES + r"]" + _TITLE + r")"
    r"|(?P<family>" + _FAMILY + r")(?!家|们|说|托)"
    r"|(?P<plain>老人家?|小孩子?|孩子|小宝|宝宝|婴儿|孕妇|宝妈|老太太?|老大爷|老爷子|娃娃?|"
    r"小朋友)(?!们|餐|卡|证|活动|票|车|房|院|机)"
)
_NOT_FOR = re.compile(r"(?:联系|找|问|谢谢|感谢|多谢|让|叫|请|告诉|通知|电话给|[他她]|@)$")
_GONE = re.compile(r"(?:走了以后|走后|去世|过世|不在了|没了|说|托我|帮忙?|人真好)")


def find_beneficiary(folded: str) -> str | None:
    """Who needs it, when that is not plainly the speaker: 张奶奶, 我妈, 吸氧的老人."""
    best: str | None = None
    plain: str | None = None
    for match in _FOR_WHOM.finditer(folded):
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
