"""The verbs of the dictionary as phrases, so that they are read with or without the abilities of the handlers."""

from __future__ import annotations

from typing import Final

from nlp.intent import Meaning, Rule


def _rule(command: str, *phrases: str) -> Rule:
    return Rule(ability="", meaning=Meaning.COMMAND, phrases=phrases, command=command)


def _plain(meaning: Meaning, *phrases: str) -> Rule:
    return Rule(ability="", meaning=meaning, phrases=phrases)


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
    ),
    _rule("arrive", "(到了|已到|到达|我到了) {order} {rest?}", "{order} [我] (到了|已到|到达)"),
    _rule(
        "assign",
        "(派单|派|指派|分派|安排) {order} [号] [给|由|让] {assignee} [去]",
        "{order} (派给|指派给|分给|安排给) {assignee}",
    ),
    _rule("reassign", "(改派|换人) {order} [给] {assignee}", "{order} (改派|改派给|换成) {assignee}"),
    _rule(
        "transfer",
        "(转单|转办|转交|转) {order} [给|到] {assignee} {rest?}",
        "{order} (转给|转到|转交|转办|转) {assignee}",
    ),
    _rule("merge", "(合并|并单|并) {order} [到|和|与|进|入|跟] {into}", "{order} (并到|并入|合并到|并进) {into}"),
    _rule("supervise", "(督办|督单|盯) {order} {rest?}", "{order} (督办|督单)"),
    _rule("take_over", "(兜底|我兜底) {order} {rest?}", "{order} [我] 兜底"),
    _rule("void", "(作废|废单) {order} {reason?}", "{order} 作废 {reason?}"),
    _rule("close", "(关闭|办结|关单|结单|关掉) {order} {rest?}", "{order} (关闭|办结|关单|结单|关掉)"),
    _rule("escalate", "升级 {order} {rest?}"),
    _rule("place_for", "(代点单|代下单|代报) {rest}"),
    _rule("place", "(求助|点单|下单) {rest}"),
    _rule(
        "list_open",
        "(未完成|没完成的单|未完成的单子|待接|待办|待接单|没人接的单|未办结|待派)",
        "(还缺人|缺人|还差人|差人|还没人接|没人接|没人要|还没接|没接|空着|还空着) 的 (单|单子|订单) [还] [有] [哪些|几个|多少]",
        "[现在] 还有 (哪些|几个|什么|多少) [单|单子|订单] (没人接|缺人|差人|还没接|没接)",
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
        "(查|查询|查一下) {order}",
        "(我的|我那|我这|我们的|我家的|我报的) [个|单|单子] {order} [现在] "
        "(怎么样|怎样|咋样|什么情况|啥情况|到哪|到哪一步|办得怎么样|办得咋样|有进展|有消息|有着落) [了] [吗|没|没有]",
        "(我的|我那|我这|我们的|我家的|我报的) [个] (单|单子|订单|报修) [现在] "
        "(怎么样|怎样|咋样|什么情况|啥情况|到哪|到哪一步|办得怎么样|办得咋样|有进展|有消息|有着落) [了] [吗|没|没有]",
        "(来的师傅|师傅|志愿者|帮忙的人) [现在|大概] (到|走到|在|来到) (哪|哪里|哪儿|什么地方) [了]",
        "(来的师傅|师傅|志愿者|帮忙的人) [大概|今天] (几点|多久|还要多久|还有多久) [能|会|才|可以] (到|来|过来|上门)",
    ),
    _rule("report", "(本周情况|这周情况|本周小结|周报|这周怎么样|上周情况|本月情况)"),
    _rule("export", "导出", "导出 {when}", "(出|导)(季度报表|月报表|报表|台账|周报)"),
    _rule("publish", "(晒单|公示) {order?}"),
    _rule("help", "(帮助|使用说明|怎么用|你会什么|你能做什么|你能干什么|使用帮助|help|菜单)"),
    _rule("bind", "绑定 {code} {group_kind}"),
    _rule("register", "(报到|双报到) {rest?}"),
    _rule("introduce", "我是 {name} {address}"),
    _rule("forget_me", "(忘掉我|删除我的信息|忘记我)"),
    _rule("mute", "(别提醒我|不要提醒我|免打扰)"),
)
