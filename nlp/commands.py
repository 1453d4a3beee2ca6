"""The verbs of the dictionary as phrases, so that they are read with or without the abilities of the handlers."""

from __future__ import annotations

from typing import Final

from nlp.intent import Meaning, Rule


def _rule(command: str, *phrases: str) -> Rule:
    return Rule(ability="", meaning=Meaning.COMMAND, phrases=phrases, command=command)


def _plain(meaning: Meaning, *phrases: str) -> Rule:
    return Rule(ability="", meaning=meaning, phrases=phrases)


def _of_order(*phrases: str) -> tuple[str, ...]:
    """Said of an order that is named first: 231转给物业 and 把231转给物业."""
    return tuple(f"{lead}{{order}} {phrase}" for phrase in phrases for lead in ("", "把 "))


_UNFINISHED: Final = "(没人接|没接|没人要|没派|没办完|没办|没完成|没处理|没做完|缺人|差人|空着|待接|开着)"
_SAME: Final = "(一回事|同一件事|一件事|同一回事|一个事|同一个事|同一单|一单|重复的)"
_MERGED: Final = "(合并|合并了|合并一下|并了|并一下|合一下|合了|并成一单|合成一单|合并成一单|并成一个|合成一个|并单)"
_GOING: Final = "(怎么样|怎样|咋样|如何|啥情况|什么情况|什么状态|什么进度|进展如何|到哪|到哪一步|到哪步|到什么程度|有进展|有消息|有着落)"
_SENDS: Final = "(由|让|叫|请|喊|派|安排|指派)"
_GOES: Final = "(去|来|办|上|接|负责|处理|去办|来办|去接|去一趟|去看看|去处理|跑一趟|跑|弄|去弄|修|去修|接手)"


RULES: Final[tuple[Rule, ...]] = (
    _plain(
        Meaning.CLAIM,
        "(接单|接|抢单|抢|认领|领|报名) {order} {people?} {rest?}",
        "我[来] (接|领|报名) {order} {people?} {rest?}",
        "(我来|我去|我报名) {order} {people?}",
        "{order} [让|由] (我接|我来|我去|我接了|我可以|我报名|我领|算我一个|给我|归我|交给我|接了|接|我行) {people?}",
        "{order} [这个|那个] 我 [正好|刚好|也|就|能|可以|来|去] (有空|有时间|方便|顺路|在家|没事|陪|送|修|搬|抬|买|取|拿|带|教|"
        "办|弄|换|装|跑一趟|跑|包了|顶|顶上|看看|会修|会弄|会) [他|她|一下|一趟]",
        "(接单|接|抢单|抢|认领|领|报名) {order} (和|跟|及|与|还有) {into}",
        "{order} (包我身上|包在我身上|交我|我包了|留给我|我要了)",
    ),
    _plain(Meaning.STAND_BY, "(候补|排候补|替补) {order} {people?} {rest?}", "{order} [我] [排] (候补|替补) {rest?}"),
    _plain(
        Meaning.WITHDRAW,
        "(退单|退|退掉|不接|放弃) {order} {reason?}",
        "{order} [我] (退单|退一下|退了|退掉|退|去不了|去不了了|来不了|做不了|不接了) {reason?}",
        "不方便 {order} {reason?}",
        "{order} [我|我这边|这边] [今天|明天|临时|突然|可能|实在|恐怕|怕是|真的] (不行|不行了|不方便|不方便了|没空|没空了|没时间|"
        "没时间了|来不了了|去不成了|去不成|弄不了|弄不了了|修不了|换不了|干不了|干不了了|顾不上|顾不上了|不干了|走不开) {reason?}",
        "{order} (换人吧|换别人吧|换个人|换个人吧|找别人吧|让别人去吧|让给别人) {reason?}",
    ),
    _plain(
        Meaning.DONE,
        "(完成|已完成|做完|搞定|办完) {order} {minutes?} {rest?}",
        "{order} (已完成|完成|完成了|搞定|搞定了|做完了|办好了|修好了|弄好了|送到了) {minutes?} {rest?}",
        "{order} [已经|都|全] (好了|好啦|妥了|妥妥的|齐活|齐活了|完活|完事了|完了|忙完了|干完了|弄妥了|办妥了|换好了|装好了|"
        "搬完了|买好了|陪完了|看完了) {minutes?} {rest?}",
    ),
    _plain(
        Meaning.NOT_DONE,
        "(还在办|在办|没完成|还没好) {order} {rest?}",
        "{order} (还在办|还没好|没弄完|还没搞定|还在修) {rest?}",
    ),
    _plain(
        Meaning.RATE,
        "(评单|评价|评|评分) {order} {rating} {rest?}",
        "{order} {rating} {rest?}",
        "评 {rating} {rest?}",
    ),
    _plain(
        Meaning.CANCEL,
        "(撤单|撤销|取消|取消订单|撤) {order} {reason?}",
        "{order} [我] (撤单|取消|取消了|不用了|不需要了|撤了) {reason?}",
    ),
    _plain(
        Meaning.NUDGE,
        "(催单|催一下|催|催催|催办) {order} {rest?}",
        "{order} (催单|催一下|怎么还没人来|怎么还没来|有人接了吗|什么时候来) {rest?}",
    ),
    _plain(
        Meaning.AMEND,
        "(改单|修改) {order} {rest?}",
        "(改约|改期) {order} {when} {rest?}",
        "{order} (改约|改到|改期) {when}",
        *_of_order("[改成|改为|改|标成|标|设成|调成|定成|算] {urgency} [办|处理|一下|单]"),
        "加急 {order}",
    ),
    _rule("arrive", "(到了|已到|到达|我到了) {order} {rest?}", "{order} [我] (到了|已到|到达)"),
    _rule(
        "assign",
        "(派单|派|指派|分派|安排) {order} [号] [给|由|让] {assignee} [去]",
        *_of_order("(派给|指派给|分给|安排给|交给|给) {helper} [去|办|来办|处理|负责|接]", "(派|指派|安排) {helper}"),
        *_of_order(f"{_SENDS} {{helper}} {_GOES}"),
        f"{_SENDS} {{helper}} {_GOES} {{order}}",
    ),
    _rule(
        "reassign",
        "(改派|换人) {order} [给] {assignee}",
        *_of_order("(改派给|改派|换成) {helper} [去]", "(换|改让|改由) {helper} (去|来|办|接|上|负责)"),
    ),
    _rule(
        "transfer",
        "(转单|转办|转交|转) {order} [给|到] {assignee} {rest?}",
        *_of_order("(转给|转到|转交|转交给|转办|转) {assignee} [处理|办|去办|来办|解决]"),
        *_of_order("(交给|给|让|叫|请|由) {unit} [处理|办|去办|来办|解决|弄|修|来|负责]"),
        "(让|叫|请|由) {unit} (处理|办|解决|接|负责|弄|修) {order}",
    ),
    _rule(
        "merge",
        "(合并|并单|并) {order} [到|和|与|进|入|跟] {into}",
        "(合并|并单|并) {merged} 到 {into}",
        *_of_order("(并到|并入|合并到|并进|合到) {into} [里|去|里去]", f"[和|与|跟|同|及] {{into}} {_MERGED}"),
        f"{{order}} (和|与|跟|同) {{into}} [其实|说的|都] 是 {_SAME} [{_MERGED}]",
        f"{{order}} {{into}} [其实|说的|都] 是 {_SAME} {_MERGED}",
    ),
    _rule(
        "supervise",
        "(督办|督单|盯|盯一下|盯着|盯紧|督一下|跟进|跟进一下) {order} {rest?}",
        *_of_order("[帮我|给我|要] (督办|督单|督办一下|督一下|盯一下|盯着|盯着点|盯紧|跟进|跟进一下)"),
    ),
    _rule("take_over", "(兜底|我兜底) {order} {rest?}", *_of_order("[还是|那就] [我|我来|由我|我们来] 兜底")),
    _rule(
        "void",
        "(作废|废单) {order} {reason?}",
        *_of_order("作废 {reason?}"),
        "{order} [是|也是|跟别的] (重复|重复了|重复的|报重了|多余的) (作废|作废了|作废掉)",
    ),
    _rule(
        "close",
        "(关闭|办结|关单|结单|关掉) {order} {rest?}",
        *_of_order("[可以|就|能|先|给] (关闭|办结|关单|结单|关掉|关了|结了|结掉|销了)"),
    ),
    _rule("escalate", "升级 {order} {rest?}", *_of_order("升级 {rest?}")),
    _rule("place_for", "(代点单|代下单|代报) {rest}"),
    _rule("place", "(求助|点单|下单) {rest}"),
    _rule(
        "list_open",
        "(未完成|没完成的单|未完成的单子|待接|待办|待接单|没人接的单|未办结|待派)",
        "(还缺人|缺人|还差人|差人|还没人接|没人接|没人要|还没接|没接|空着|还空着) 的 (单|单子|订单) [还] [有] [哪些|几个|多少]",
        "(有|还有|现在有|现在还有|目前还有|今天还有|看看还有|看看有|还剩|剩) (几|哪几|多少|哪些|什么|啥) [个|张|条] "
        f"[单|单子|订单|工单] [是|还] {_UNFINISHED} [的] [单|单子]",
        f"(有没有|还有没有|还有|有) {_UNFINISHED} 的 [单|单子|订单] [吗|么|没|没有]",
        f"(几|多少|哪些|哪几) [个|张] (单|单子|订单) [还] {_UNFINISHED}",
        "(还剩|还有|剩|现在还有) (几|多少) [个|张] (单|单子|订单)",
    ),
    _rule(
        "list",
        "(今天|今日|本周|这周|昨天|上周|本月|这个月) [的] (单子|单|订单|工单)",
        "(单子|订单|工单)(列表|清单)",
        "所有(单子|订单)",
    ),
    _rule("my_orders", "(我的单|我的单子|我的订单|我接的单)"),
    _rule(
        "progress",
        "(进度|查进度|进展) {order?}",
        "{order} (进度|进展|怎么样了|到哪了|办到哪了)",
        "{order} [已经|都] (好了|好|修好|办好|弄好|做完|完成了|弄好了|修好了|办好了|搞定了|完了|妥了|做完了|送到了) (吗|没|没有|么|没呢)",
        "{order} [已经|都] (处理完|处理|办完|修完|弄完|解决|完成|送完|送到) [了] (吗|没|没有|么)",
        f"{{order}} [现在|目前|这会儿|到底|办得|处理得|弄得|修得] {_GOING} [了] [吗|没|没有|么]",
        "{order} [现在|到底] (谁|是谁|由谁|有谁|哪个|哪位) [在] (接|办|负责|弄|去|跟) [的|了|着]",
        "(谁|是谁|哪个|哪位) [在] (接|办|负责|弄|去|跟) [的|了] {order}",
        "(查|查询|查一下|看|看下|看一下|看看) {order}",
        "(我的|我那|我这|我们的|我家的|我报的) [个|单|单子] {order} [现在] "
        "(怎么样|怎样|咋样|什么情况|啥情况|到哪|到哪一步|办得怎么样|办得咋样|有进展|有消息|有着落) [了] [吗|没|没有]",
        "(我的|我那|我这|我们的|我家的|我报的) [个] (单|单子|订单|报修) [现在] "
        "(怎么样|怎样|咋样|什么情况|啥情况|到哪|到哪一步|办得怎么样|办得咋样|有进展|有消息|有着落) [了] [吗|没|没有]",
        "(来的师傅|师傅|志愿者|帮忙的人) [现在|大概] (到|走到|在|来到) (哪|哪里|哪儿|什么地方) [了]",
        "(来的师傅|师傅|志愿者|帮忙的人) [大概|今天] (几点|多久|还要多久|还有多久) [能|会|才|可以] (到|来|过来|上门)",
    ),
    _rule("report", "(本周情况|这周情况|本周小结|周报|这周怎么样|上周情况|本月情况)"),
    _rule(
        "export",
        "导出",
        "导出 {when}",
        "(帮我|请|麻烦|给我) 导出 {when}",
        "(导出|帮我导出|请导出|麻烦导出|给我导出) [本月|这个月|上月|上个月|本周|上周|今天|今年|本季度|全部|所有] [的] "
        "(台账|报表|单子|订单|工单|周报|月报|记录)",
        "把 {when} 导出 [来|一下|给我|一份]",
        "(导|出|导出|帮我导|给我导|帮我出) 一 (份|个|下) {when}",
        "(出|导)(季度报表|月报表|报表|台账|周报)",
    ),
    _rule("publish", "(晒单|公示) {order?}"),
    _rule("help", "(帮助|使用说明|怎么用|你会什么|你能做什么|你能干什么|使用帮助|help|菜单)"),
    _rule("bind", "绑定 {code} {group_kind}"),
    _rule("register", "(报到|双报到) {rest?}"),
    _rule("introduce", "我是 {name} {address}"),
    _rule("forget_me", "(忘掉我|删除我的信息|忘记我)"),
    _rule("mute", "(别提醒我|不要提醒我|免打扰)"),
)
