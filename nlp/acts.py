"""What a reply commits to: 我来 claims, 去不了了 gives back, 搞定了 finishes, 不用了 cancels.

An act is a whole clause, never a part of one: 我来 claims, 我来晚了 does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from nlp import people, places, times
from nlp.clean import fold
from nlp.intent import Address, Attendance, Grain, Meaning, Score, Slots, Span, Urgency

_END = r"(?:吧|啊|呀|哈|呢|了|啦|哦|嘛|咯|哟|的|喽|哒){0,2}"
_I = r"(?:我|俺|咱|我们|咱们|本人|偶)"
_WILL = (
    r"(?:也|就|这就|马上|现在|立刻|立马|可以|能|愿意|想|正好|刚好|有空|没事|顺路|顺便|来得及|"
    r"待会儿?|等会儿?|一会儿?|这边|家|先|去|也能|都|可|随时|会|下班|下楼|抽空|过会儿?){0,4}"
)
_DO = (
    r"(?:来|去|上|接|接单|接下|接了|接这?[单个]|报名|参加|过去|过来|出发|跑一趟|走一趟|来一趟|"
    r"去一趟|去看看|去看一?下|上去看看|上楼看看|过去看看|来看看|看看去|去瞧瞧|瞧瞧|去帮忙?|"
    r"来帮忙?|帮忙|帮他|帮她|帮您?一?下|"
    r"来吧|来弄|来修|去修|来搞|来办|去办|来送|去送|来拿|去拿|去取|去接|来接|来陪|去陪|来教|"
    r"来搬|去搬|来抬|去抬|搭把手|搭个手|包了|负责|承包|顶上|算一个|到|下来|上去|上楼|可以|行|"
    r"能行|没问题|方便)"
)
# Helping one's own family is news, not a claim.
_KIN = r"(?:我|俺)?(?:爸|妈|老婆|老公|媳妇|爱人|孩子|儿子|女儿|闺女|孙|爷|奶|姥|弟|妹|哥|姐|同事|朋友|老板|客户)"
_ORDER = r"(?:(?:#|【|第)?\s?(?P<order>[0-9]{1,6})\s?】?\s?(?:号单子?|号|单子?|#)?)"

# Meaning → the clauses that say it. Earlier lines win.
CLAUSES: Final[tuple[tuple[Meaning, str], ...]] = (
    (
        Meaning.OFFER,
        r"要不(?:要)?"
        + _I
        + r"(?:来|去|帮|过去|去看看).{0,4}|(?:需要|要不要|用不用|要)"
        + _I
        + r"(?:来|去|帮忙?|过去|上去).{0,6}|"
        + _I
        + r"(?:来|去)(?:行|可以|成)(?:吗|不|么)",
    ),
    (
        Meaning.STAND_BY,
        r"(?:我|那我|先)?(?:排|当|做|报)?(?:个)?(?:候补|替补|备选|备份|后备)(?:一个)?|"
        + _I
        + r"(?:可以)?(?:备着|先备着|备一个)|(?:实在)?(?:没人|人不够|缺人|不够)(?:的话)?"
        + _I
        + r"(?:再|可以|就)?(?:来|去|上|顶上)",
    ),
    (
        Meaning.WITHDRAW,
        r"(?:" + _I + r")?(?:今天|明天|这边|临时|现在|突然|可能|怕是|恐怕|确实|实在|真){0,5}(?:去不了了?|来不了了?|"
        r"去不成了?|来不成了?|到不了了?|没法(?:去|来)了?|不能(?:去|来)了|接不了了?|做不了了|"
        r"赶不(?:过来|过去|上)了?|走不开|退出|不去了|不接了|干不了了|过不去了?|过不来了?)"
        r"|(?:还是)?(?:转|转给|交给|转交给?|让)(?:物业|社区|居委会|别人|其他人|专业的人?)(?:来|去|办|弄|处理|修)?吧"
        r"|(?:" + _I + r"(?:要|想|先)?)?(?:退单|退一下|退了|退掉|退|撤一下)(?:吧|了|一下)?|(?:谁能|谁可以|哪位能|"
        r"有人能|有没有人能?)(?:替|顶|换)(?:一下)?"
        + _I
        + r"?(?:一下|去|班)?|帮"
        + _I
        + r"退(?:一下|了|掉)?(?:单)?|(?:把)?(?:这)?单(?:子)?(?:给)?(?:退|还)(?:了|掉|回去)?|换(?:个)?人去?吧",
    ),
    (
        Meaning.NOT_DONE,
        (
            r"(?:还|暂时|目前)?(?:没|没有|未)(?:搞定|弄完|修完|做完|办完|搬完|处理完|干完|完成|结束|"
            r"弄好呢)|(?:还|实在|确实|真)?(?:搞|弄|修|办|处理|换|装|通|拆)不(?:定|了|好|上)|还在(?:办|修|弄|处理|做|搞|搬|路上|等|"
            r"忙)(?:着|呢|中|配件)?|还得(?:再)?(?:等|弄|修).{0,6}|还差(?:一点|一些|点儿?)|没弄完"
        ),
    ),
    (
        Meaning.DONE,
        (
            r"(?:都|全|已经|已|刚|终于|全部|活|事|这[边个单]){0,5}(?:搞定|完成|完工|收工|办妥|办结|完事|"
            r"处理完毕|处理好|处理完|弄好|弄完|修好|修完|办好|办完|做完|干完|换好|装好|安好|搬完|搬好|"
            r"抬下来|抬上去|抬完|通好|疏通好|送到|送达|送过去|送上去|送回家|取到|拿到|买到|买好|接到|"
            r"陪完|教会|清完|清理完|打扫完|扫完|剪好|理完|理好|看完病|安全到家)(?:了|啦|咯|喽|毕|"
            r",?放心){0,5}(?:\[图片\])?"
            r"|(?:水龙头|水管|灯|锁|门|马桶|管子|东西|快递|药|菜|饭|米|沙发|家具|网|电|人|轮椅|"
            r"老人家?|孩子|窗|空调|热水器|洗衣机|下水道?|地漏)(?:都|已经|已|也|全){0,5}(?:修好|换好|装好|"
            r"通|通好|送到|送到医院|搬完|弄好|接到|买到|买好|拿到|取到|修|换|送到家)(?:了|啦)"
        ),
    ),
    (
        Meaning.RATE,
        (
            r"(?:非常|很|挺|特别|十分|太)?满意|(?:非常|很|太)?不满意|基本满意|比较满意|"
            r"(?:给)?(?:个)?(?:五星)?好评|(?:给)?(?:个)?(?:差评|中评)|五星|没弄好|没修好|没办好|"
            r"没整好|根本没修|又(?:坏|漏|堵)了|(?:服务|师傅|人)(?:很|真|特别|太|挺)(?:好|棒|热情|到位|"
            r"负责)"
        ),
    ),
    (
        Meaning.CANCEL,
        (
            r"(?:都|已经|现在|先|暂时|那|算了|这[次个单]){0,5}(?:不用了|不需要了|不要了|不用来了?|"
            r"不用(?:再)?找了?|不用麻烦了?|不用修了|不用送了|不用帮忙?了|不用(?:你们|大家|人)(?:来|"
            r"帮)?了|别找了|不找了|取消|取消了|取消吧|撤单|撤了|撤销|撤掉|撤了撤了|算了不用了|作废吧|"
            r"用不着了|已经好了|好了不用了|已经有了|已有人帮了|有人帮了|找到人了|不麻烦了|"
            r"搞错了(?:不用了)?)"
            r"|.{0,8}(?:事|问题)?(?:已经|已|都)(?:解决|自己弄好|修好|恢复|找到)(?:了|啦)?|(?:它|灯|水|电|网)?又?自己(?:又|就)?(?:好|亮|通|来|修好|恢复)(?:了|啦)|(?:麻烦|请|"
            r"帮忙?)?(?:把)?(?:这)?(?:个)?(?:单|单子|订单)(?:关|撤|取消|销)(?:了|掉|一下)?|自己(?:弄|"
            r"修|搞|解决|通|处理)(?:好|定|掉)?了|(?:已经|自己)?来(?:电|水|气)了不用了|"
            r"人已?(?:经)?找到了"
        ),
    ),
    (
        Meaning.NUDGE,
        (
            r"(?:麻烦|请|帮)?(?:我)?(?:再)?(?:催|催催|催一下|催一催|催单|催催单)(?:一下|单)?(?:我的|"
            r"这)?(?:单|单子)?|(?:怎么|咋)(?:还|到现在还?)(?:没|没有)(?:人)?(?:来|接|到|动静|消息|管|"
            r"修).{0,3}|(?:有|到底有没有)人(?:接|来)(?:单)?(?:了)?(?:吗|没|没有|么)|(?:师傅|人|"
            r"志愿者)?(?:什么|啥)时候(?:能|可以)?(?:来|到)(?:人)?(?:啊|呀|呢)?|(?:师傅|人)?(?:还|"
            r"怎么还)(?:没|没有)(?:人)?(?:来|接|到)(?:呢|啊)?|到底(?:来不来|什么时候来|"
            r"有没有人来).{0,3}|等了.{1,8}(?:了)?(?:还)?没(?:人)?来"
        ),
    ),
    (
        Meaning.CLAIM,
        r"(?:好的?|行|嗯{1,5}|那|那就|成|可以|没问题|在的?)?(?:让|由|换|交给|归)?"
        + _I
        + _WILL
        + _DO
        + r"|(?:我)?(?:要)?(?:接|接单|抢|抢单|抢了|报名|报一个|接了|接下|接了这[单个])|(?:也)?(?:算|"
        r"加|带|留)(?:上)?(?:我|俺)(?:一个|一份|一位|们?俩|们?两个)?|(?:我|俺)(?:一个|也一个|算一个|"
        r"\+1)|\+[1-9]|加一|"
        r"(?:这|那)(?:[单个活事]|件事|个活)?(?:儿)?(?:就)?"
        + _I
        + r"(?:来|去|接|包了|负责|可以|能行|能弄|会弄|会修|有空|行|能做|能办|来弄|来修)|"
        + _I
        + r"(?:来|去|上去|过去|这就去)(?:帮|替|给)(?!"
        + _KIN
        + r")[\u4e00-\u9fff]{1,3}?(?:看看|看一下|修一?下|弄一?下|弄弄|修修|搬一?下|搬|抬|送一?下|换一?下|装一?下|通一?下|拿|取|跑一趟)|"
        r"这(?:[单个活事]|件事)(?:儿)?(?:就)?(?:给|归|交给|让|由)(?:我|俺|"
        r"我们)(?:来|吧|接)?|(?:就)?(?:交|包)(?:给|在)我(?:身上)?|包我身上|我(?:家)?(?:有|可以借|"
        r"能借|可以拿)(?:,|你来拿|给你送去|马上送过去)?(?<=去)|"
        r"(?:我|俺)(?:和|跟|带|叫上?)(?:我)?[\u4e00-\u9fff]{1,4}(?:一起|一块儿?|都|两个|俩)?(?:来|"
        r"去|上|过去)|(?:我们?|我俩|我们俩|我们两个)(?:都)?(?:来|去|接|上|过去)|(?:(?:我)?(?:十|"
        r"[0-9一二两三五]{1,3})分钟(?:内|左右|后|之内)?(?:就|能)?(?:到|过来|过去|赶到))",
    ),
)
_CLAUSES: Final = tuple(
    (
        meaning,
        re.compile(
            r"(?:"
            + _ORDER
            + r"[\s,]*)?(?:"
            + body
            + r")"
            + _END
            + r"(?:\s*(?:#|【)?\s?(?P<after>[0-9]{1,6})】?(?:号单?|单)?)?"
        ),
    )
    for meaning, body in CLAUSES
)
_SPLIT = re.compile(r"[,，。.!！;；\s\n~～…、?？]+")
# Asking after somebody who was sent for. Only as the whole text: 水管爆了,有没有人来 is a need.
_WAITING = re.compile(
    r"(?:(?:不好意思|你好|您好|请问|哎|喂|师傅|小邻)[\s,]{0,2})?"
    r"(?:我(?:的|那|这|报的)?(?:个)?(?:单子?|订单|事儿?|报修)|"
    + _ORDER
    + r"(?:单)?)?[\s,]{0,2}(?:现在|今天)?(?:到底|究竟)?(?:"
    r"有没有人(?:来|接单?|管|去|过来|上门|处理)了?|有人(?:来|接单?|管|去|过来|上门|处理)了?(?:吗|没有?|么|不)|"
    r"(?:啥时候|什么时候|几时|几点|多久|多会儿?)(?:才)?(?:能|会|可以)?有?人(?:来|到|过来|接|上门|管)|"
    r"(?:还)?(?:要|得)等多久(?:才)?(?:有人)?(?:来|到)?"
    r")(?:啊|呀|呢|哦|嘛|了|的){0,2}[\s,。!?~…]*"
)
# 我去 as an exclamation, and other people's doings in the words of a claim.
_EXCLAIM = re.compile(r"^我去[,!，！\s~]{1,3}(?:这|那|太|也太|真|怎么|什么|居然|竟然|谁|吓|好)")
_FILLER = re.compile(
    r"^(?:不好意思|抱歉|对不起|好的?|行|嗯{1,5}|哦{1,5}|没问题|收到|那个|哎呀?|唉|大家|各位|"
    r"师傅|书记|小邻|你好|您好|可以|报告|在的?)$"
)
_SIDE = re.compile(r"^(?:不好意思|抱歉|对不起|哎呀?|唉)")
_BARE_CONTRARY = re.compile(
    r"不(?:想|愿|会|敢|可能|打算)(?:去|来|接)|别(?:来|去|接|担心)|(?:谁|你|他|她|他们|你们)(?:来|去|接)|才(?:来|去)"
)
_CONDITION = re.compile(r"(?:不过|但是?|只是|就是)?(?:要|得|需要|必须|等到?)?(?P<what>.{2,24})")
_RATING: Final[tuple[tuple[Score, re.Pattern[str]], ...]] = (
    (Score.DISSATISFIED, re.compile(r"不满意|差评|没(?:弄|修|办|整)好|根本没修|又(?:坏|漏|堵)了|不好|很差|太差")),
    (Score.FAIRLY_SATISFIED, re.compile(r"基本满意|比较满意|还行|还可以|一般|中评|凑合|马马虎虎")),
    (Score.SATISFIED, re.compile(r"满意|好评|五星|(?:很|真|太|特别|挺)(?:好|棒|热情|到位|负责)|人真好|[赞👍]")),
)


@dataclass(frozen=True, slots=True)
class Act:
    """What a reply does, with what it says about it."""

    meaning: Meaning
    slots: Slots
    words: str
    bare: bool  # two or three characters that need context


def find_rating(folded: str) -> Score | None:
    for score, pattern in _RATING:
        if pattern.search(folded):
            return score
    return None


def _clauses(folded: str) -> list[str]:
    return [clause for clause in _SPLIT.split(folded) if clause]


def find_act(text: str, folded: str, now: datetime) -> Act | None:
    """The act of a short reply; None where no clause says one."""
    if len(folded) > 80 or _EXCLAIM.match(folded):
        return None
    if waiting := _WAITING.fullmatch(folded):
        order = waiting["order"]
        return Act(Meaning.NUDGE, Slots(order=str(int(order)) if order else None), waiting[0], False)
    clauses = _clauses(folded)
    if not 0 < len(clauses) <= 6:
        return None
    found: tuple[int, Meaning, re.Match[str], Span | None] | None = None
    number: str | None = None
    for index, clause in enumerate(clauses):
        if index == 0 and len(clauses) > 1 and clause.isdecimal() and len(clause) <= 6:
            number = clause
            continue
        read = _read_clause(clause, now)
        if read is None:
            continue
        meaning, match, span = read
        if found is None or _outranks(meaning, found[1]):
            found = (index, meaning, match, span)
    if found is None:
        return None
    index, meaning, match, span = found
    if meaning is Meaning.CLAIM and (index > 2 or _BARE_CONTRARY.search(folded)):
        return None
    if _is_only_told(meaning, folded):
        return None
    order = match["order"] or match["after"] or number
    slots = Slots(order=str(int(order)) if order else None)
    return Act(meaning, _details(meaning, slots, text, folded, clauses, index, span, now), match[0], len(folded) <= 3)


# 还没到,堵车 is said by whoever is on the way, not by whoever waits.
_ON_THE_WAY = re.compile(r"堵车|路上|快到|马上|在等车|刚出门|刚出发|红绿灯|迷路|绕路")
_LONG_AGO = re.compile(r"昨[天晚儿]|前天|前几天|上周|上个?月|去年|早就")


def _is_only_told(meaning: Meaning, folded: str) -> bool:
    """News about a past repair, or the excuse of somebody under way."""
    if meaning is Meaning.NUDGE:
        return bool(_ON_THE_WAY.search(folded))
    return meaning is Meaning.DONE and bool(_LONG_AGO.search(folded)) and not re.search(r"[0-9]{2,6}号?单?", folded)


def _outranks(new: Meaning, old: Meaning) -> bool:
    """去不了 after 我想去 is a withdrawal; 不用了 after anything is a cancellation."""
    return new in (Meaning.WITHDRAW, Meaning.CANCEL, Meaning.NOT_DONE) and old in (Meaning.CLAIM, Meaning.OFFER)


_SELF = frozenset("我俺咱退不行来去")


def _read_clause(clause: str, now: datetime) -> tuple[Meaning, re.Match[str], Span | None] | None:
    if len(clause) > 30:
        return None
    for meaning, pattern in _CLAUSES:
        match = pattern.fullmatch(clause)
        if match:
            return meaning, match, None
    if not _SELF.intersection(clause):
        return None
    spans = [span for span in times.find_times(clause, now) if span.text in clause]
    if not spans:
        return None
    # 六点以后我行, 我明天下午去: the time is a condition, what is left is the act.
    bare = clause.replace(spans[0].text, "", 1)
    for meaning, pattern in _CLAUSES:
        match = pattern.fullmatch(bare) if bare else None
        if match:
            return meaning, match, spans[0]
    return None


def _details(
    meaning: Meaning,
    slots: Slots,
    text: str,
    folded: str,
    clauses: list[str],
    index: int,
    span: Span | None,
    now: datetime,
) -> Slots:
    after = _rest_after(text, folded, clauses, index)
    match meaning:
        case Meaning.CLAIM:
            condition = span.text if span else condition_in(after, now)
            arrival = span or find_arrival(text, now)
            return replace(slots, people=people.find_claimers(folded), condition=condition, time=arrival)
        case Meaning.WITHDRAW:
            return replace(slots, reason=after or _before(text, clauses, index) or None)
        case Meaning.CANCEL:
            return _closing(replace(slots, reason=after or None), text)
        case Meaning.RATE:
            return replace(slots, rating=find_rating(folded), rest=after or None)
        case Meaning.DONE:
            return replace(
                slots, minutes=times.read_minutes(folded), attendance=find_attendance(text), rest=after or None
            )
        case Meaning.NOT_DONE:
            return replace(slots, rest=after or None)
        case _:
            return slots


def _rest_after(text: str, folded: str, clauses: list[str], index: int) -> str:
    """What is said after the clause of the act, as written."""
    at = 0
    for clause in clauses[: index + 1]:
        at = folded.find(clause, at) + len(clause)
    return text[at:].strip(" ,，。.!！;；\n~～…、?？")


def _before(text: str, clauses: list[str], index: int) -> str:
    words = [clause for clause in clauses[:index] if not _FILLER.match(clause) and not _SIDE.match(clause)]
    return words[0] if words else ""


_ARRIVAL = re.compile(
    r"(?P<n>半|[0-9]{1,3}|[一二三四五六七八九十两]{1,3})(?P<half>个半|个)?(?P<unit>分钟|刻钟|小时|钟头)"
    r"(?:内|左右|后|之内|以内)?(?:就|能|可以|准|一定)?(?:到|过来|过去|赶到|下来|上来|上门)"
)


def find_arrival(text: str, now: datetime) -> Span | None:
    """我十分钟到: the moment somebody says they will be there."""
    match = _ARRIVAL.search(fold(text))
    minutes = times.read_minutes(match["n"] + (match["half"] or "") + match["unit"]) if match else None
    if match is None or minutes is None:
        return None
    start = now.replace(second=0, microsecond=0) + timedelta(minutes=minutes)
    return Span(start, start + timedelta(minutes=1), Grain.MINUTE, match[0])


def condition_in(after: str, now: datetime) -> str | None:
    """我可以去,不过要六点以后 → 六点以后."""
    if not after:
        return None
    spans = times.find_times(after, now)
    if spans and (spans[0].start is None or spans[0].end is None or re.match(r"(?:不过|但|只)", after)):
        return spans[0].text
    match = re.match(r"(?:不过|但是?|只是)(?:要|得|需要|必须|等)?(?P<what>[^,。!]{2,24})", after)
    return match["what"] if match else None


_NEIGHBOUR = re.compile(
    r"(?P<who>(?:(?:楼[上下]|隔壁|对门|对面|邻居|"
    r"[0-9]{1,3}[栋楼])的?)?(?P<name>[老小][\u4e00-\u9fff]|[\u4e00-\u9fff]{1,2}(?:哥|姐|叔|姨|"
    r"婶|师傅|阿姨|大爷|大哥|大姐|老师)|[\u4e00-\u9fff]{2,3}))"
    r"(?:已经|刚才?|都|顺手|过来|下来|上来){0,5}(?:帮我?们?|替我|给我|来帮)(?:我)?.{0,12}"
)
_FAMILY = re.compile(r"(?:儿子|女儿|闺女|老公|老婆|爱人|我[爸妈弟妹哥姐]|孙子|家里人|自己|我自己|老伴)")
_NOT_NAME = re.compile(
    r"(?:已经|有人|别人|人家|他们?|她们?|我们?|你们?|大家|物业|刚才?|社区|师傅们?|志愿者|邻居们?|谢谢|有个|都)"
)


def _closing(slots: Slots, text: str) -> Slots:
    """Who helped when a neighbour did it on the way: 楼上小李帮我提上来了."""
    if slots.reason is None:
        return slots
    match = _NEIGHBOUR.search(slots.reason)
    if match and not _FAMILY.search(match["who"]):
        name = match["name"]
        if not _NOT_NAME.match(name):
            return replace(slots, reason="neighbour", name=name)
    if re.search(r"(?:邻居|楼[上下]|隔壁|对门|对面).{0,6}(?:帮|给|来)", slots.reason):
        return replace(slots, reason="neighbour")
    return slots


def closing_of(text: str) -> Slots:
    """What a closing sentence tells besides: the neighbour who helped."""
    closed = _closing(Slots(reason=text), text)
    return closed if closed.name else Slots()


_WORKED = re.compile(
    r"(?P<name>我|俺|[\u4e00-\u9fff]{2,4}?)(?:一共|总共|也)?(?:做了?|干了?|忙了?|帮了?|用了?|"
    r"花了?|弄了?|:)?(?:约|大概)?\s?(?P<long>(?:半|[0-9]{1,3}(?:\.[0-9]{1,2})?|"
    r"[一二三四五六七八九十两]{1,3})(?:个半|个)?(?:小时|钟头|分钟|刻钟)半?)"
)
# 都干了两小时 is said of everybody, and belongs to no single name.
_NOBODY = re.compile(r"大概|一共|总共|用了|花了|前后|约|都|大家|每[人个]|各|人均|全|我们|咱")
_ABSENT = re.compile(
    r"(?P<name>[\u4e00-\u9fff]{2,4}?)(?:今天|这次|临时|一直)?(?:没有?来|未到|没到|缺席|没见着?|没参加|没去|爽约)"
)
_WORDS_BEFORE_NAME = re.compile(r"^(?:和|跟|还有|就|都|但|不过|完成|一共|另外|其中|今天|我们)+")


def find_attendance(text: str) -> tuple[Attendance, ...]:
    """Who worked how long and who did not come: 刘洋做了2小时 我2.5小时 马建国没来."""
    if not re.search(r"小时|分钟|钟头|没来|没有来|未到|没到|缺席|没见|没参加|没去|爽约", text):
        return ()
    found: list[Attendance] = []
    for piece in _ATTENDED.split(text):
        absent = _ABSENT.search(piece)
        if absent:
            name = _WORDS_BEFORE_NAME.sub("", absent["name"])
            if len(name) >= 2:
                found.append(Attendance(name, absent=True))
            continue
        worked = _WORKED.search(piece)
        if worked and not _NOBODY.match(worked["name"]):
            name = _WORDS_BEFORE_NAME.sub("", worked["name"])
            minutes = times.read_minutes(worked["long"])
            if name and minutes:
                found.append(Attendance(name, minutes))
    return tuple(found)


_ATTENDED = re.compile(r"[\s,，。;；、!！]+")

_AMEND = (
    r"改(?:到|成|为|期|约|时间|一?下|在|个时间)|换(?:到|成|个时间|一天)|推迟|[推拖调]到|提前到|延(?:到|"
    r"后|期)|挪到|时间(?:变了|有变|改|换|不行)|地址(?:写错|错|改|变)|"
    r"(?:写|说|打|发)错了.{0,6}(?:是|应该)|应该是|更正|不是.{1,12}(?:是|改)"
)
_AMENDING = re.compile(
    r"(?:(?:#|【|第)?\s?(?P<order>[0-9]{1,6})\s?】?\s?(?:号单子?|号|单子?)?\s?)?(?:我|我的|"
    r"我那|我们|这|这个|那个|能不能|可以|能|麻烦|想|需要|请|把|时间|地址|地点|位置|单子?|预约|上门|约的|"
    r"帮我|今天的|明天的|师傅|也|要|得|[\s,]){0,5}(?P<how>" + _AMEND + r")"
)
_NEW = re.compile(
    r"(?:改(?:到|成|为|约|期|在)?|换(?:到|成)?|推迟到?|提前到|延(?:到|后到?|期到?)|挪到)(?P<what>[^改换]{1,40})$"
)
_URGENCY_WORDS: Final = (
    ("不紧急", Urgency.NORMAL),
    ("紧急", Urgency.URGENT),
    ("应急", Urgency.EMERGENCY),
    ("特急", Urgency.EMERGENCY),
    ("加急", Urgency.URGENT),
    ("急", Urgency.URGENT),
    ("一般", Urgency.NORMAL),
    ("普通", Urgency.NORMAL),
    ("不急", Urgency.LOW),
)


# What a plain wish for another time ends on; without it 会议改到周四了 is news.
_WISH = re.compile(r"能不能|可不可以|能否|可以吗|行吗|行不行|好吗|好不好|成吗|成不成|方便吗|吧$|麻烦")
# 晾衣架那事能不能挪到周四: the order is named by its thing.
_BY_THING = re.compile(r"[\u4e00-\u9fff]{1,8}?(?:那|这|的)(?:个|件)?[事单活]儿?,?")
_NUMBERED = re.compile(
    r"[#【第]?(?P<order>[0-9]{1,6})\s?】?(?:号单子?|号(?![楼院线])|单子?)?(?![0-9栋幢座楼层室户月日天年岁点时分秒个位名人元块米斤度路:.\-])"
    r"[\s,]*(?P<said>.{2,60})"
)
_NO_HURRY = re.compile(r"不(?:着)?急|不赶|不用(?:那么)?(?:急|赶)|慢慢来")
_ANOTHER_TIME = re.compile(
    r"晚(?:一?点|到|一?会儿|些)|早(?:一?点|些)|往[后前]|推|拖|提前|也行|也可以|再(?:来|弄|修|去|说)|"
    r"行不行|行吗|可以吗|好吗|好不好|成不成|能不能|方便吗"
)
_CLAIMING = re.compile(r"我(?:来|去|接|陪|可以|行|报名|到)|算我|没(?:来|到|弄)")


# 纱窗那个换到明天下午, 抬柜子那个 时间改成明早9点: the order is pointed at, so it takes no further wish.
_POINTED = re.compile(
    r"(?:(?:不好意思|抱歉|对不起|麻烦|你好|您好|哎呀?|师傅|书记)[\s,]{0,2}){0,3}"
    r"(?P<thing>[\u4e00-\u9fff]{1,8}?)(?:那|这)(?:个|件事?|事|单子?|活|趟)儿?的?[\s,]{0,2}"
    r"(?=(?:时间|地点|地址|位置|能不能|可不可以|可以|想|要|帮我|麻烦|给我)?(?:改|换|推|挪|提前|延))"
)
_NO_ORDER = re.compile(r"会议?$|开会|活动|聚会|聚餐|讲座|比赛|[课班]$|饭局|电影|你|他|她")


def _pointed_change(text: str, folded: str, now: datetime) -> Slots | None:
    match = _POINTED.match(folded)
    if match is None or _NO_ORDER.search(match["thing"]) or re.search(r"[了啦]\W*$", folded):
        return None
    slots = _changed(text[match.end() :], folded[match.end() :], now)
    return slots if slots and (slots.time or slots.address) else None


def find_amendment(text: str, folded: str, now: datetime) -> Slots | None:
    """A change of an order by words: 258我改一下,不是今天下午,改明天下午三点行不行."""
    if len(folded) > 80:
        return None
    numbered = _NUMBERED.match(folded)
    if numbered and (slots := _plain_change(numbered, now)):
        return slots
    if not _CHANGE.intersection(folded):
        return None
    if slots := _changed(text, folded, now) or _pointed_change(text, folded, now):
        return slots
    if not _WISH.search(folded):
        return None
    for clause in _clauses(folded):
        named = _BY_THING.match(clause)
        rest = clause[named.end() :] if named else clause
        if rest != folded and _CHANGE.intersection(rest) and (slots := _changed(rest, rest, now)) and slots.time:
            return slots
    return None


_CHANGE: Final = frozenset("改换推提延挪")


def _plain_change(numbered: re.Match[str], now: datetime) -> Slots | None:
    """101不急了,明天弄也行 and 102我可能晚一点,八点行不行: a number, another time, and no word of a claim."""
    said = numbered["said"]
    calm = bool(_NO_HURRY.search(said))
    if not calm and (not _ANOTHER_TIME.search(said) or _CLAIMING.search(said) or _CHANGE.intersection(said)):
        return None
    time = times.read_time(said, now)
    if time is None and not calm:
        return None
    return Slots(order=str(int(numbered["order"])), time=time, urgency=Urgency.LOW if calm else None)


_NEW_PLACE = re.compile(r"(?:地点|地址|位置|门牌).{0,6}?(?:改|换|应该|是|错)(?:到|成|为|在|是)?")


def find_new_address(text: str, folded: str) -> Address | None:
    """地点改到3栋2单元501: the place that is said after the word for a place."""
    match = _NEW_PLACE.search(folded)
    if match is None:
        return None
    address, _, _ = places.find_address(text[match.end() :], folded[match.end() :], folded[match.end() :])
    return address or None


def _changed(text: str, folded: str, now: datetime) -> Slots | None:
    match = _AMENDING.match(folded)
    if match is None:
        return None
    new = None
    for found in re.finditer(r"改|换|推|提前|延|挪", folded):
        if span := times.read_time(text[found.start() + 1 :], now):
            new = span
    urgency = next(
        (level for word, level in _URGENCY_WORDS if re.search(r"(?:改|换|调)(?:成|为|到)" + word, folded)), None
    )
    order = str(int(match["order"])) if match["order"] else None
    address = find_new_address(text, folded)
    if (
        new is None
        and urgency is None
        and order is None
        and address is None
        and not re.search(r"改(?:时间|期|约|一?下时间)|换个时间|换一天|地址", folded)
    ):
        return None
    return Slots(order=order, time=new, urgency=urgency, address=address)
