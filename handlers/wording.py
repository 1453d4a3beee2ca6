"""Every sentence a person can read. Natural, warm, short; made from views, never from records.

A function here gets what one audience may see and returns finished Chinese. `see.say("接231")` writes a command the
way this chat must say it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from handlers.views import OrderView, Viewer

STATES = {
    "draft": "等补充",
    "unassigned": "等派人",
    "open": "等人接",
    "claimed": "有人接了",
    "booked": "约好了",
    "in_service": "正在办",
    "unrated": "办好了，等评价",
    "closed": "办结",
    "transferred": "转给单位在办",
    "cancelled": "已撤",
    "merged": "已并",
    "voided": "作废",
}
# The same in a row of figures.
FIGURES = (
    STATES
    | {"draft": "待补充", "unassigned": "待派", "open": "待接", "claimed": "已接", "booked": "已约"}
    | {
        "in_service": "在办",
        "unrated": "待评",
        "transferred": "转办中",
    }
)
ENDED = {"closed": "办结", "cancelled": "撤", "merged": "并到别的单里", "voided": "作废"}
SCORES = {"satisfied": "满意", "fairly_satisfied": "基本满意", "dissatisfied": "不满意"}
GROUP_KINDS = {"residents": "居民群", "members": "党员群", "secretaries": "书记群", "units": "单位群"}
MOVES_NAMED = {
    "amend": "改",
    "assign": "派",
    "claim": "接",
    "stand_by": "候补",
    "release": "退",
    "book": "改约",
    "rebook": "改约",
    "arrive": "记到达",
    "complete": "完成",
    "rate": "评",
    "close": "关闭",
    "cancel": "撤",
    "void": "作废",
    "merge": "合并",
    "transfer": "转",
    "take_over": "兜底",
    "nudge": "催",
    "false_alarm": "销",
}
YES_OR_NO = "回“行”或“不行”。"
SCORES_ASKED = "回 1满意 2还行 3没弄好"
HELP_HEADS = {"asker": "求助", "helper": "帮忙", "steers": "安排"}
LABEL_CLAIM = "接单"
LABEL_ARRIVED = "我到了"
LABEL_MERGE = "合并"
LABEL_TO_PROPERTY = "转物业"


def _head(order: OrderView) -> str:
    """What it is and roughly where: 换厨房灯（3栋）."""
    return (
        f"{order.item}（{order.coarse_place}）"
        if order.coarse_place and order.coarse_place not in order.item
        else order.item
    )


def _plain(order: OrderView) -> str:
    """The same inside brackets: 换厨房灯，3栋."""
    return _head(order).replace("（", "，").rstrip("）")


def _who(order: OrderView) -> str:
    return f"{order.contact_name}，" if order.contact_name else ""


def _asker(order: OrderView) -> str:
    return order.contact_name or "居民"


def _length(order: OrderView) -> str:
    return f"约{order.minutes / 60:g}小时" if order.minutes >= 60 else f"约{order.minutes}分钟"


def _facts(*facts: str, by: str = " ") -> str:
    """What is known of these, in this order."""
    return by.join(fact for fact in facts if fact)


def _then(fact: str | None, head: str = "，", tail: str = "") -> str:
    """Added where it is known, with what stands before and behind it."""
    return f"{head}{fact}{tail}" if fact else ""


def _titled(order: OrderView, *facts: str) -> str:
    """To whoever has many orders on their mind, which one this is: 231（换厨房灯，3栋）."""
    return f"{order.no}（{_facts(_plain(order), *facts, by='，')}）"


def _mark(order: OrderView) -> str:
    return "-急" if order.urgency == "emergency" else ""


# 点单


GAS_WORDS = ("煤气", "燃气", "天然气", "灶", "液化气")


def _safety(order: OrderView) -> str:
    """Words of gas always bring this sentence, whatever the order is about."""
    return "灶具先别用，关好阀门。" if any(word in order.item for word in GAS_WORDS) else ""


def _received(order: OrderView) -> str:
    return f"{_who(order)}收到，帮您记成{order.no}号：{_head(order)}"


def placed(order: OrderView, question: str) -> str:
    """First answer to a need, with the one question that is left."""
    return f"{_received(order)}。{_safety(order)}{question}"


def placed_complete(order: OrderView) -> str:
    return f"{_received(order)}{_then(order.when)}。{_safety(order)}正在问党员邻居，有人接了马上告诉您。"


def placed_supervised(order: OrderView) -> str:
    """Where nobody can be asked in a group: the secretary dispatches."""
    return f"{_received(order)}。社区来安排，定了马上告诉您。"


def placed_for(order: OrderView, name: str) -> str:
    return f"好，替{name}记成{order.no}号：{_head(order)}{_then(order.when)}。{_then(_safety(order), '请转告：')}"


def question_for(*, name: bool, place: bool, time: bool, extra: str) -> str:
    """The one question about a fresh order; only what its kind of service needs."""
    parts = []
    if name and place:
        parts.append("怎么称呼您、住几栋？")
    elif name:
        parts.append("怎么称呼您？")
    elif place:
        parts.append("在几栋几单元？")
    if time:
        parts.append("您什么时候方便？")
    if extra and time:
        parts.append(extra)
    return "".join(parts)


def which_time(one: str, other: str) -> str:
    """The words fit two times."""
    return f"是{one}，还是{other}？"


def no_such_building(building: str) -> str:
    return f"咱们这儿没有{building}栋吧，是哪一栋？"


def detailed(order: OrderView) -> str:
    """The missing detail came; now it is offered."""
    return f"好，{order.no}号：{order.when or _head(order)}。已请党员邻居看看，有人接了马上告诉您。"


def clarify() -> str:
    return "在呢。您说一句是什么事、在几栋，我马上帮您找人。人身危险请先打110、119或120。"


def go_on(words: str, *, is_fault: bool = False) -> str:
    """Somebody began to tell, and what they want is not clear yet. `is_fault`: something is broken, and not said what."""
    if is_fault:
        return "是哪样东西？说个名就行。"
    return f"“{words}”要帮什么？再说一句就行。" if words else "在呢，您接着说，要帮什么、在哪儿。"


def piece_noted(order: OrderView, question: str) -> str:
    return f"好，记下了。{question}" if question else f"好，记在{order.no}号里了。"


def still_on(order: OrderView, question: str) -> str:
    """To 听到没有 and 来不来."""
    if question:
        return f"听到了，记成{order.no}号了。{question}"
    if order.helpers:
        return f"在的。{order.no}号{_comer(order)}接了{_then(order.when, tail='到')}。"
    return f"在的，{order.no}号正在找人，有人接了马上告诉您。"


def detail_awaited(order: OrderView, question: str) -> str:
    """Where is told, when is not."""
    return f"好，记下了。{question}"


def is_it_a_need(name: str) -> str:
    """To somebody whose talk may be a need."""
    return f"{name + '，' if name else ''}您是想找人帮忙吗？回1我记一单，回2不用。"


def heard(words: str) -> str:
    """A transcription we do not trust."""
    return f"我听着像：“{words}”。对就回1，不对回2，我请人来问您。"


def heard_wrong() -> str:
    return "好的，我请社区的人来问您一声。"


def please_ask(name: str) -> str:
    return f"{name}发了段语音，我没听准。请问一声要帮什么，替记一单就行。"


def same_again(order: OrderView) -> str:
    return f"和刚才的{order.no}号（{order.item}）是一回事吗？回1是一回事，回2另记一单；不回就先记在一起。"


def same_confirmed(order: OrderView) -> str:
    return f"好，还记在{order.no}号里，不用再说一遍。"


# 并单


# What a whole house may lack, as the notice and the answer to its tellers name it.
FAULTS = {
    "power": "停电",
    "water": "停水",
    "gas": "燃气有问题",
    "lift": "电梯坏了",
    "net": "断网",
    "heating": "暖气不热",
    "light": "楼道灯坏了",
    "gate": "单元门坏了",
    "drain": "下水堵了",
    "leak": "漏水",
    "noise": "噪音大",
    "smell": "有异味",
}


IF_URGENT = {
    "lift": "有人困住或急着出门，马上再说一声。",
    "power": "家里有人急等用电，马上再说一声。",
    "water": "有人急等用水，马上再说一声。",
    "heating": "家里有老人孩子冻着，马上再说一声。",
}


def joined_again(order: OrderView) -> str:
    return f"好，这句也记在{order.no}号（{order.item}）里了。要是另一件事，回“不是”，我另记一单。"


def known_plea(order: OrderView) -> str:
    """To somebody else than the first teller: that it is in hand, and nothing of whose it is."""
    return f"这件事已经有人报过了，是{order.no}号，正在办，有结果告诉您。不是一回事就回“不是”。"


def known_outage(order: OrderView, kind: str) -> str:
    """To the second who tells of it."""
    return f"{_head(order)}刚才已有邻居说了，是{order.no}号，正在处理，有结果告诉您。{IF_URGENT.get(kind, '')}"


def known_area(order: OrderView, kind: str) -> str:
    known = f"{order.coarse_place}{FAULTS[kind]}，已有几家邻居说了，记在{order.no}号里，正在处理，有结果告诉您。"
    return f"{known}{IF_URGENT.get(kind, '')}"


def area_event(order: OrderView, kind: str, homes: int) -> str:
    return (
        f"{order.coarse_place}15分钟内{homes}户说{FAULTS[kind]}，已合成{order.no}号一件事，后面再有人说也并进来。"
        f"要是各是各的事，回“不是一回事”，我分开记。"
    )


def taken_apart(order: OrderView, numbers: Sequence[int]) -> str:
    if not numbers:
        return f"好，{order.no}单独办，后面的不再并进来。"
    return f"好，分开了：{order.no}照办，另记{'、'.join(map(str, numbers))}。"


def maybe_same(order: OrderView, other: OrderView) -> str:
    return f"{_titled(order)}和{_titled(other)}像是一回事。是的话回“合并 {order.no} 到 {other.no}”，不是就不用管。"


def merged_why(no: int) -> str:
    return f"并到{no}了"


def _claim(order: OrderView, see: Viewer) -> str:
    return see.say(f"接{order.no}")


def card(order: OrderView, see: Viewer) -> str:
    """The order as it is offered to helpers: number, rough place, what, when, how many, how long."""
    when = order.when or ("尽快" if order.is_pressing else "")
    line = _facts(order.coarse_place, order.item, when, f"{order.hands}人", _length(order))
    return f"【{order.no}{_mark(order)}】{line}。能去的回{_claim(order, see)}，不方便不用回。"


def card_again(order: OrderView, see: Viewer) -> str:
    """Offered anew after its time changed."""
    line = f"{_then(order.when, '改为', '，')}{_facts(order.coarse_place, order.item)} {order.hands}人"
    return f"【{order.no}】{line}。之前说过不方便的，时间变了可以再看看，能去回{_claim(order, see)}。"


def card_gap(order: OrderView, see: Viewer) -> str:
    """Offered anew because a helper cannot come."""
    line = _facts(order.when, order.coarse_place, order.item)
    return f"【{order.no}】{line}，还差{order.missing}人。能去的回{_claim(order, see)}。"


def _outline(order: OrderView) -> str:
    """【231】3栋 换厨房灯 明天上午."""
    return f"【{order.no}】{_facts(order.coarse_place, order.item, order.when)}"


def card_taken(order: OrderView) -> str:
    if order.missing:
        return f"{_outline(order)}。{order.helper_names}接了，还差{order.missing}人。"
    return f"{_outline(order)}。由{order.helper_names}接了，谢谢！"


def card_ended(order: OrderView, why: str) -> str:
    return f"【{order.no}】{order.item}：{why}，不用去了，谢谢大家。"


# 保密


def will_keep(no: int, *, is_emergency: bool) -> str:
    """To whoever told something in confidence."""
    if is_emergency:
        return f"放心，{no}号的情况只给赶来救急的人看，别人我不说。"
    return f"放心，{no}号您说的情况我不往外说。来帮忙的人只看到要做什么、地址和电话，别的只有社区书记知道。"


def kept_to_myself() -> str:
    return "放心，您跟我说的我不往外说，群里也不提。"


def please_keep(order: OrderView) -> str:
    """To a helper who read the words before they were confided."""
    return f"{order.no}的情况，对方请你保密，别跟旁人提。谢谢！"


def asked_to_keep(order: OrderView) -> str:
    """To the secretary alone, in private."""
    words = f"原话是“{order.note}”，" if order.note else ""
    return f"{_titled(order)}当事人要保密。{words}来帮忙的人看不到。要了解请私下问，别在群里提。"


# 接单


def taken(order: OrderView) -> str:
    """To the helpers' group, when nobody is missing any more."""
    if order.hands == 1 and len(order.helpers) == 1:
        helper = order.helpers[0]
        unit = f"（{helper.unit}）" if helper.unit else ""
        line = f"{order.no}由{helper.name}{unit}接了，谢谢。地址和电话已私发给{helper.name}。"
    else:
        line = f"{order.no}人齐了：{order.helper_names}。"
    return line + _in_line(order)


def _in_line(order: OrderView) -> str:
    if not order.standby:
        return ""
    places = "，".join(f"{helper.label}排候补第{place}位" for place, helper in enumerate(order.standby, 1))
    return f"{places}，有变动先找你。" if len(order.standby) == 1 else f"{places}，有变动按顺序找。"


# Where nobody would call the helper 师傅.
TITLED = ("师傅", "医生", "老师", "书记", "主任", "大姐", "阿姨", "叔", "姐", "哥", "姨", "婶", "大爷")
NO_MASTERS = frozenset(
    {"助老", "助残", "就医送药", "送餐买菜", "代办跑腿", "教育托管", "心理陪伴", "寻人寻物", "应急救援"}
)


def _comer(order: OrderView) -> str:
    """陈刚师傅, or plainly the name where it is no handiwork or where somebody is brought along."""
    names = order.helper_names
    return names if order.category in NO_MASTERS or names.endswith((*TITLED, "）")) else f"{names}师傅"


def _former(order: OrderView) -> str:
    return "原来接的人" if order.category in NO_MASTERS else "原来的师傅"


def _others(order: OrderView) -> str:
    return "正在找别人" if order.category in NO_MASTERS else "正在找别的师傅"


def who_comes(order: OrderView, condition: str | None) -> str:
    """To whoever asked."""
    if order.when:
        when = f"，{order.when}到{_then(condition, '（', '）')}"
    elif condition:
        when = f"，说是{condition}"
    else:
        when = "，马上跟您联系" if order.is_pressing else "，会先跟您约时间"
    return f"{_who(order)}{order.no}由{_comer(order)}接了{when}。"


def who_comes_now(order: OrderView, name: str) -> str:
    return f"{_who(order)}{order.no}来的人换成了{name}{_then(order.when, tail='到')}。"


def still_comes(order: OrderView) -> str:
    return f"{_who(order)}{order.no}{order.when}由{_comer(order)}来。"


def your_order(order: OrderView, see: Viewer) -> str:
    """To the helper alone: where, whom, by which number."""
    lines = [
        f"{order.no}：{order.full_place or '地址请先问一声'} {_asker(order)}，{order.contact_phone or '没留电话'}。"
    ]
    if order.beneficiary and order.beneficiary != order.contact_name and not order.beneficiary.startswith("我"):
        lines.append(f"需要照应的是{order.beneficiary}。")
    if order.is_confided:
        lines.append("别的情况请电话或当面问，别跟旁人说。")
    elif order.note:
        lines.append(f"原话：“{order.note}”。")
    if order.missing:
        lines.append(f"还差{order.missing}人，齐了在群里说。")
    if order.is_exact:
        lines.append(f"去不了请早点回“退单{order.no}”。")
    elif order.when and not order.is_fixed:
        lines.append("约好几点去，回我一声。")
    elif order.when:
        lines.append("去之前说一声几点到就行。")
    elif order.is_pressing:
        lines.append("对方急，请马上联系，能去就说一声几点到。")
    else:
        lines.append(f"请先约个时间，约好回“改约{order.no} 时间”。")
    lines.append(f"做完回“完成{order.no}”。")
    return "".join(lines)


def several(lines: Sequence[str]) -> str:
    """To a helper who took several orders at once: each with its place, then what could not be had."""
    return "\n".join(lines)


def already_yours(order: OrderView) -> str:
    return f"你已经在{order.no}里了，不用再接。"


def stands_in(order: OrderView) -> str:
    """Somebody of the same home goes instead: the helper keeps it."""
    return f"好，{order.no}还算你家的，换家里人去就行。"


def already_in_line(order: OrderView, place: int) -> str:
    return f"你已经排在{order.no}候补第{place}位，有变动先找你。"


def full(order: OrderView, hands: int) -> str:
    if order.hands == 1:
        return f"{order.no}已由{order.helper_names}接了。要排候补请回“候补{order.no}”。"
    companions = f"（含带{hands - 1}人）" if hands > 1 else ""
    return f"{order.no}已满{order.hands}人。要排候补{companions}请回“候补{order.no}”。"


def too_many(order: OrderView) -> str:
    fewer = f"“接{order.no}”" if order.missing == 1 else f"“接{order.no} 带{order.missing - 1}人”"
    return f"{order.no}只差{order.missing}人了，你们来得多。少来几个请回{fewer}，都想来请回“候补{order.no}”。"


def in_line(order: OrderView, place: int) -> str:
    return f"好，{order.no}候补第{place}位，有变动先找你。"


def still_free(order: OrderView) -> str:
    return f"{order.no}现在还缺人，直接回“接{order.no}”就行。"


def not_claimable(order: OrderView) -> str:
    return f"{order.no}现在是“{STATES[order.state]}”，不用再接了，谢谢。"


def which_one(lines: Sequence[str]) -> str:
    if len(lines) == 1:
        return f"您说的是{lines[0]}吗？是的话回一下单号。"
    return f"您说的是哪一单？{'；'.join(lines)}。回单号就行。"


def one_of(order: OrderView) -> str:
    return f"{order.no}{order.item}"


def offer_made(order: OrderView, name: str, see: Viewer) -> str:
    """A neighbour we do not know offers; the requester decides before anything is given out."""
    return f"{_who(order)}{name}说可以来帮{order.no}号的忙，行吗？回{see.say('行')}或{see.say('不行')}。"


def offer_passed_on(order: OrderView) -> str:
    return f"谢谢！{order.no}我先问一声当事人，行了马上把地址发给你。"


def offer_declined(order: OrderView) -> str:
    return f"{order.no}这次不麻烦你了，谢谢你的好意。"


def offer_unanswered(order: OrderView, name: str) -> str:
    return f"{name}想接{_titled(order)}，当事人还没回话。您看行就回“行”，不行回“不行”。"


def offer_settled(order: OrderView, accepted: bool) -> str:
    return f"好，{order.no}就请这位邻居来。" if accepted else f"好，{order.no}再找别人。"


# 退单 候补


def gap(order: OrderView) -> str:
    """In the helpers' group, after a release, while the stand-bys are asked. Never says why."""
    facts = _facts(order.when, order.coarse_place, by="，")
    return f"收到。{order.no}（{facts or order.item}）还差{order.missing}人，先问候补。"


def released(order: OrderView) -> str:
    return f"好，{order.no}退了，没关系，我再找人。"


def step_in(order: OrderView, fuse: int) -> str:
    facts = _facts(order.when, order.coarse_place, order.item, _length(order), by="，")
    return f"{order.no}的候补轮到你：{facts}。能去回“去”，不能回“不”。{fuse}分钟没回我就问下一位。"


def stepped_in(order: OrderView, name: str) -> str:
    tail = "人齐了。" if not order.missing else f"还差{order.missing}人。"
    return f"{order.no}由{name}顶上，{tail}"


def covered(order: OrderView) -> str:
    return f"{order.no}已有人接上，放心。"


def declined_noted() -> str:
    return "好的，没关系。"


# 改单 改约


def amended(order: OrderView) -> str:
    return f"好，{order.no}号改好了：{_change(order)}。"


def amended_asking(order: OrderView) -> str:
    return f"好，{order.no}号改到{order.when or order.coarse_place}，正在问接单的师傅行不行。"


def _change(order: OrderView) -> str:
    return _facts(order.when, _head(order), by="，")


def amended_ask_helper(order: OrderView, *, before: str | None, is_elsewhere: bool) -> str:
    """`before`: the time as it was, empty where none was agreed, None where it stays."""
    if before == "":
        change = f"说{order.when}方便"
    elif before is not None:
        change = f"改到{order.when}（原{before}）"
    else:
        change = ""
    if is_elsewhere:
        change += f"{'，' if change else ''}地址改成{order.full_place}"
    return f"{order.no}{_asker(order)}{change}。{'行吗' if before == '' else '还行吗'}？{YES_OR_NO}"


def _looking_again(order: OrderView, why: str, by: str) -> str:
    return f"{_who(order)}{order.no}{why}，{_others(order)}，{by}前给您回话。"


def amended_lost(order: OrderView, by: str) -> str:
    return _looking_again(order, f"已改到{order.when or order.coarse_place}。{_former(order)}不方便", by)


def lost_helper(order: OrderView, by: str) -> str:
    return _looking_again(order, f"{_former(order)}临时来不了", by)


def not_managed(order: OrderView, by: str) -> str:
    """The helper was there and could not do it."""
    return _looking_again(order, "这次没办成", by)


def amended_unclear(order: OrderView) -> str:
    return f"{order.no}要改成什么时候、什么地方？直接说，比如“改单{order.no} 明天下午三点”。"


def impossible_time() -> str:
    return "这个时间我没看懂，换个说法试试，比如“周六上午9点”。"


def past_time() -> str:
    return "这个时间已经过了，说个往后的吧，比如“明天上午9点”。"


def rebooked(order: OrderView) -> str:
    return f"{_who(order)}{order.no}约好了：{_comer(order)}{order.when}到。不方便就回“改单{order.no} 时间”。"


def rebooked_noted(order: OrderView) -> str:
    return f"好，{order.no}约在{order.when}，已告诉{_asker(order)}。"


def book_when(order: OrderView) -> str:
    return f"{order.no}约几点上门？约好回我一声时间就行。"


def visit_soon(order: OrderView) -> str:
    return f"{order.no} {order.when}，{order.full_place}{_then(order.contact_phone)}。去不了请早点回“退单{order.no}”。"


def confirm_eve(order: OrderView) -> str:
    return f"{order.when} {_titled(order)}。还能来回“来”。"


def confirm_chase(order: OrderView, until: str) -> str:
    return f"{order.no} {order.when}，没见你回，能来吗？{until}前不回我先找候补。"


def confirm_standby(order: OrderView) -> str:
    return f"{order.no}可能缺1人，{order.when}能备着吗？能回“去”，不能回“不”。"


def going_well(order: OrderView) -> str:
    return f"{order.no}办得怎么样了？回 1做完了 2还在办 3去不了"


def carry_on(order: OrderView) -> str:
    return f"好，{order.no}慢慢来，做完回“完成{order.no}”。"


# 完成 评单


def rate_please(order: OrderView) -> str:
    return f"{order.no}办好了吗？{SCORES_ASKED}"


def rate_please_unit(order: OrderView, unit: str) -> str:
    return f"{unit}说{order.no}办好了，请您看看。{SCORES_ASKED}"


def done_already(order: OrderView) -> str:
    return f"{order.no}已经记过完成了，辛苦。"


def thanks_for_work(order: OrderView) -> str:
    return f"{order.no}记好了，辛苦！"


# What a secretary may answer to an order that waits for them.
STEPS = {"assign": "派{no} @某人", "take_over": "兜底{no}", "property": "转{no} 物业"}


def _steps(order: OrderView, *names: str) -> str:
    """“派231 @某人”、“兜底231”或“转231 物业”."""
    *first, last = (f"“{STEPS[name].format(no=order.no)}”" for name in names)
    return f"{'、'.join(first)}或{last}" if first else last


def gives_up(order: OrderView, name: str, reason: str) -> str:
    """To the secretary, in the helper's own words."""
    return f"{_titled(order)}{name}说：“{reason}”。可以回{_steps(order, 'property', 'assign', 'take_over')}。"


def gives_up_noted(order: OrderView) -> str:
    return f"好，{order.no}我告诉书记来安排，辛苦了。"


def redo_sorry(order: OrderView) -> str:
    return f"对不住，{order.no}重新办，不用您再说一遍，有了安排马上告诉您。"


def redo_helper(order: OrderView) -> str:
    return f"{order.no}还有点没弄好，你方便再去看一眼吗？不方便回“退单{order.no}”，不怪你。"


def rated_noted() -> str:
    return "记下了，谢谢您！"


def rate_first(order: OrderView) -> str:
    return f"{order.no}现在是“{STATES[order.state]}”，办好了我再请您评。"


def absent_note(order: OrderView) -> str:
    return f"{order.no}没见着你，没事吧？（回不回都行）"


# 撤单 邻里互助


def cancelled(order: OrderView) -> str:
    return f"好，{order.no}号撤了。有事随时说。"


def came_right(order: OrderView) -> str:
    return f"好了就好，{order.no}号不用再来人了。有事随时说。"


def cancelled_for_you(order: OrderView) -> str:
    """Others wait for the same: it goes on for them."""
    return f"好，您这边撤了。{order.no}号还有邻居在等，接着办。有事随时说。"


def handed_on(order: OrderView) -> str:
    """To the next who waits. Without an answer it goes on."""
    return f"先说{order.no}号（{order.item}）的邻居不用了，您那边我接着办。还要就回1，也不用了回2。"


def handed_on_helper(order: OrderView) -> str:
    facts = f"{order.full_place} {_asker(order)}{_then(order.contact_phone)}{_then(order.when)}"
    return f"{order.no}换一家：{facts}。还行吗？{YES_OR_NO}"


# What became of an order that others waited for, too.
NEWS_CANCELLED = "先说的人不用了"
NEWS_HELPED = "有邻居帮好了"
NEWS_VOIDED = "社区作废了"
NEWS_FALSE_ALARM = "说是虚惊一场"
# The same on the cards and to whoever was about to set out.
WHY_CANCELLED = "求助的人撤了"
WHY_CAME_RIGHT = "已经解决了"
WHY_HELPED = "邻居已经帮好了"
WHY_VOIDED = "作废了"
WHY_CLOSED = "已经办结"
WHY_FALSE_ALARM = "虚惊一场"


def still_wanted(order: OrderView, no: int, news: str) -> str:
    """To each who waited for it, in private."""
    if order.urgency == "emergency":
        return f"您说的事（{no}号）{news}。您那边还不对劲就回1，我接着叫人；没事了回2。"
    return f"您说的{order.item}（{no}号）{news}。还要就回1，我接着办；不用了回2。"


def still_known(no: int) -> str:
    return f"好，已经在接着办了，是{no}号，有结果告诉您。"


def no_more_then() -> str:
    """To a no, and to a 好 that answers nothing."""
    return "好的，有事随时说。"


def right_by_itself(order: OrderView) -> str:
    return f"{order.no}号（{order.item}）已经好了、不用人来了吗？回1撤掉，回2留着。"


def cancel_really(order: OrderView) -> str:
    return f"要撤掉{order.no}号（{order.item}）吗？回1撤掉，回2留着。"


def kept(order: OrderView) -> str:
    return f"好，{order.no}号照旧。"


def not_needed(order: OrderView, why: str) -> str:
    return f"{order.no}不用去了：{why}。谢谢你！"


def neighbour_helped(order: OrderView, name: str, see: Viewer) -> str:
    return f"太好了，{order.no}办结。谢谢{name}！{name}要是愿意记一次邻里互助，回个{see.say('在')}就行，不记也没关系。"


def credit_noted() -> str:
    return "记上了：邻里互助1次。不用注册，谢谢您！"


# 催单 进度


def progress(order: OrderView) -> str:
    """Where an order stands, for anybody who may ask."""
    facts = [f"{order.no}号{_head(order)}：{STATES[order.state]}"]
    if order.helpers:
        facts.append(f"由{order.helper_names}办")
    if order.when and order.state in ("open", "claimed", "booked"):
        facts.append(order.when)
    if order.missing and order.state in ("open", "claimed", "booked") and order.hands > 1:
        facts.append(f"还差{order.missing}人")
    return "，".join(facts) + "。"


def nudged(order: OrderView) -> str:
    if order.state == "draft":
        return f"{order.no}号（{order.item}）就等您一句话：什么时候方便、住几栋？说了马上找人。"
    tail = "我再催一下。" if order.helpers else "我再去问问，也告诉书记了。"
    return progress(order) + tail


def nudge_helper(order: OrderView) -> str:
    return f"{order.no}{_asker(order)}在问什么时候能来，方便的话回一声。"


def nudge_secretary(order: OrderView) -> str:
    return f"{_titled(order)}居民在催，现在{STATES[order.state]}。"


def my_orders(asked: Sequence[OrderView], held: Sequence[OrderView]) -> str:
    lines = []
    if asked:
        lines.append("您求助的：")
        lines += [f"· {progress(order)}" for order in asked]
    if held:
        lines.append("您接的：")
        lines += [f"· {progress(order)}" for order in held]
    return "\n".join(lines) if lines else "您现在没有在办的单。要帮忙直接跟我说。"


def sent_privately() -> str:
    return "已私发给您。"


# 派单


def assigned(order: OrderView, name: str) -> str:
    return f"{order.no}派给{name}了，已私信告诉本人。"


def assigned_to_you(order: OrderView, see: Viewer) -> str:
    return f"请你去一趟。{your_order(order, see)}去不了回“退单{order.no}”，没关系。"


def nobody_named(name: str) -> str:
    return f"没找到叫“{name}”的人。名字要和登记的一样；没登记的请他先说“我是 姓名 几栋几单元”。"


def several_named(name: str, lines: Sequence[str]) -> str:
    return f"有{len(lines)}位叫{name}：{'、'.join(lines)}。请他们自己接一下更稳妥。"


def taken_over(order: OrderView, name: str) -> str:
    return f"{order.no}由{name}兜底。"


def transferred(order: OrderView, unit: str) -> str:
    return f"{order.no}转给{unit}了，24小时内没动静我再提醒您。"


def transferred_asker(order: OrderView, unit: str) -> str:
    return f"{_who(order)}{order.no}要{unit}来办，已经转过去了，有结果马上告诉您。"


def for_unit(order: OrderView, unit: str, see: Viewer) -> str:
    done, not_ours = see.say(f"完成{order.no}"), see.say(f"退单{order.no} 原因")
    return f"{_outline(order)}。请{unit}尽快看看，办完回{done}，不归你们管请回{not_ours}。"


def unit_silent(order: OrderView, unit: str) -> str:
    return f"{order.no}转给{unit}一天了还没有结果。可以回{_steps(order, 'take_over')}，或换个单位“转{order.no} 社区”。"


def unit_returned(order: OrderView, unit: str) -> str:
    return f"{unit}退回了{_titled(order)}。请您定：回{_steps(order, 'assign', 'take_over')}，或转别的单位。"


def returned_noted(order: OrderView) -> str:
    return f"{order.no}退回社区了，谢谢回话。"


def voided(order: OrderView, others: int) -> str:
    """`others`: who waited for the same."""
    asked = f"还有{others}家也在等这件事，我私下问一声还要不要。" if others else ""
    return f"{order.no}作废了。{asked}"


def voided_asker(order: OrderView) -> str:
    return f"{_who(order)}{order.no}号（{order.item}）社区说不办了。您要是还要，再跟我说一声。"


def closed_by_secretary(order: OrderView) -> str:
    return f"{order.no}办结了。"


def merged(order: OrderView, into: OrderView) -> str:
    return f"{order.no}并到{into.no}了。"


def merged_asker(order: OrderView, into: OrderView) -> str:
    return f"{_who(order)}您的{order.no}和{into.no}是一件事，合在{into.no}一起办，结果会告诉您。不是一回事就回“不是”。"


def result_for_asker(order: OrderView, into: int) -> str:
    return f"{_who(order)}您说的{order.item}办好了（{into}号），谢谢您当时说一声。"


def closed_asker(order: OrderView) -> str:
    return f"{_who(order)}{order.no}号（{order.item}）社区说办好了。还有事直接跟我说。"


def transferred_by_hand(order: OrderView, unit: str) -> str:
    return f"{order.no}记在{unit}了。我这里还没有{unit}的人，请您打个电话转过去；办完了回“关闭{order.no}”。"


def leave_phone(order: OrderView) -> str:
    return f"{order.no}有人接了。方便留个电话吗？只给来帮忙的人看。"


def phone_noted() -> str:
    return "好，电话记下了，只给来帮忙的人看。"


def phone_known(order: OrderView) -> str:
    return f"{order.no}{_asker(order)}的电话：{order.contact_phone}。"


UTILITY_FIRST = {
    "gas": "先关阀门、开窗，别碰开关。",
    "lift": "先别进电梯。",
    "water": "先关总阀，离电源远一点。",
    "power": "先别碰插座和电闸。",
}


def supervise_helper(order: OrderView) -> str:
    return f"书记问一声{_titled(order)}的进展，方便的话回一句。"


def supervised(order: OrderView) -> str:
    return f"好，{order.no}我盯着，有变化就告诉您。现在{STATES[order.state]}。"


def false_alarm(order: OrderView) -> str:
    return f"好，{order.no}是虚惊一场，人没事就好。"


# 没人接


BROADER = "时间能宽一点的话告诉我一声。"


def looking_on(order: OrderView) -> str:
    """To whoever asked, once, when a day went by without anybody."""
    return f"{_who(order)}{order.no}（{order.item}）还在找人，书记已经知道了。{BROADER}"


def unclaimed(order: OrderView, hours: int) -> str:
    """To the secretary, with facts and options."""
    span = f"{hours // 24}天" if hours >= 24 else (f"{hours}小时" if hours else "一会儿")
    gap = f"还差{order.missing}人" if order.helpers else "还没人接"
    return f"{_titled(order, order.when)}挂了{span}，{gap}。可以回{_steps(order, 'assign', 'take_over', 'property')}。"


def still_looking(order: OrderView) -> str:
    return f"{_who(order)}{order.no}还没找到合适的人，书记已经知道了，我们接着找。{BROADER}"


def too_late(order: OrderView) -> str:
    return f"{_who(order)}对不住，{order.no}到现在还没找到人。换个时间行吗？直接告诉我。"


def draft_stuck(order: OrderView, name: str) -> str:
    return f"{name}的{order.no}号（{order.item}）还缺信息，问了没回。方便时请问一声，不用的话回“作废{order.no}”。"


def what_now(order: OrderView) -> str:
    """To a secretary who named an order in words we did not get, or one that is nobody's here."""
    return f"{_titled(order)}怎么安排？可以回{_steps(order, 'assign', 'take_over', 'property')}。"


def not_from_the_chat() -> str:
    return (
        "这件事我还不会办，没动任何单。我现在能做的：派单、转单、合并、督办、关闭；看单回“未完成”，看数回“本周情况”。"
    )


def about_others() -> str:
    return "住址和电话是别人自己的事，我不能说。接了单的话，要去的地方我已经私信给您了。"


def dispatch_please(order: OrderView) -> str:
    return f"{_titled(order)}等您派人：回{_steps(order, 'assign', 'take_over')}。"


def overdue(order: OrderView) -> str:
    return f"{_titled(order, order.helper_names)}过了约的时间还没回话。请问一声，办完了回“关闭{order.no}”。"


def amended_still(order: OrderView) -> str:
    return f"{_titled(order, order.when)}还没见你回，行吗？回“行”或“不行”。"


def not_booked(order: OrderView, is_asked: bool) -> str:
    if is_asked:
        return f"{_titled(order)}改到{order.when}，{order.helper_names}还没回行不行，请帮着问一声。"
    return f"{_titled(order)}{order.helper_names}接了还没约时间，请帮着问一声。"


MOST_LISTED = 8


def _listed(orders: Sequence[OrderView], more: Callable[[OrderView], str] = lambda order: order.item) -> str:
    return "、".join(f"{order.no}{more(order)}" for order in orders[:MOST_LISTED])


def evening_digest(orders: Sequence[OrderView], see: Viewer) -> str:
    if len(orders) == 1:
        return f"还缺人的1单：{_outline(orders[0])}。能去的回{_claim(orders[0], see)}。"
    items = _listed(orders)
    more = f"等{len(orders)}单" if len(orders) > MOST_LISTED else ""
    return f"还缺人的{len(orders)}单：{items}{more}。要哪单回{see.say('接+号')}。"


def late_releases(orders: Sequence[OrderView]) -> str:
    items = _listed(orders, lambda order: "")
    return f"今天{items}临时换人{len(orders)}次，都已补上，无需处理。"


def morning(lines: Sequence[str]) -> str:
    return "早上好。" + "".join(lines)


def morning_waiting(orders: Sequence[OrderView]) -> str:
    return f"还没人接的{len(orders)}单：{_listed(orders)}。"


def morning_doubted(orders: Sequence[OrderView]) -> str:
    items = _listed(orders, lambda order: f"{order.contact_name or ''}（{order.item}）")
    return f"像是要帮忙、问了没回的{len(orders)}条：{items}。要办回“派单号 @某人”，不用就不用管。"


def morning_stuck(orders: Sequence[OrderView]) -> str:
    return f"要您看一眼的{len(orders)}单：{_listed(orders, lambda order: f'{order.item}（{STATES[order.state]}）')}。"


def morning_today(orders: Sequence[OrderView]) -> str:
    return f"今天上门{len(orders)}单：{_listed(orders, lambda order: f' {order.when}')}。"


def sent_again(line: str) -> str:
    """A copy of what perhaps arrived already."""
    return f"（补发，看过就不用管）{line}"


def undelivered_count(count: int) -> str:
    return f"有{count}条消息没能送到，回“没送到”看看是给谁的。"


def morning_undelivered(count: int) -> str:
    return f"有{count}条消息没能送到，回“没送到”看看。"


def undelivered(lines: Sequence[str]) -> str:
    return "没能送到的：\n" + "\n".join(lines) if lines else "都送到了。"


def undelivered_line(who: str, about: int | None) -> str:
    return f"· 给{who}，关于{about}号" if about else f"· 给{who}"


def night_group(lines: Sequence[str]) -> str:
    return "早上好。" + " ".join(lines)


def night_order(order: OrderView, question: str) -> str:
    return f"{_who(order)}昨晚说的记成{order.no}号：{_head(order)}{_then(order.when)}。{question or '正在问党员邻居。'}"


def night_utility(order: OrderView) -> str:
    if order.state in ("unrated", "closed"):
        tail = f"{order.helper_names}处理好了" if order.helpers else "处理好了"
    else:
        tail = f"{order.helper_names}在处理" if order.helpers else "正在处理"
    return f"昨夜{order.coarse_place}{order.item}（{order.no}号），{tail}。"


# 紧急


EMERGENCY_CALLS = {
    "fire": "请马上打119，人先往外撤，别坐电梯。",
    "gas": "先关阀门开窗、别碰开关，人到外面再打119和燃气抢修。",
    "lift": "请按轿厢里的呼叫键或打119，别扒门。",
    "missing": "请马上打110报走失，不用等24小时。",
    "medical": "请马上打120，先别搬动，看看有没有呼吸。",
    "ill": "人撑不住、抽筋或叫不醒，请马上打120，别硬等。",
    "other": "有危险请马上打110、119或120。",
}


# On the stairs there is no valve to close.
GAS_OUTSIDE = "别动火、别按开关和电梯，先到楼外，再打119和燃气抢修。"


def emergency(order: OrderView, kind: str) -> str:
    """The number to call comes first; we are no rescue service and say so. A public spot is named, so that it can be put right."""
    first = GAS_OUTSIDE if kind == "gas" and order.place else EMERGENCY_CALLS[kind]
    spot = f"（{order.coarse_place}）" if order.place else ""
    return f"{first}我不是急救电话，{order.no}号{spot}已经在叫值班和附近的人。"


def emergency_call(order: OrderView, see: Viewer, home: str = "") -> str:
    """`home`: where the teller lives, when it happens elsewhere."""
    place = order.full_place or "地点还在问"
    is_plain = order.category in NO_MASTERS or order.category == "其他"
    told = f"“{order.note}”" if order.note else "紧急求助" if is_plain else order.item
    facts = f"{place} {told}{_teller(order, home)}{_then(order.contact_phone, '，电话')}"
    return f"【{order.no}-急】{facts}。已提示打急救电话，谁先到回{see.say(f'到了{order.no}')}。"


def _teller(order: OrderView, home: str) -> str:
    return f"，报的人{order.contact_name or ''}住{home}" if home else ""


def emergency_unanswered(order: OrderView) -> str:
    return (
        f"【{order.no}-急】{_head(order)}还没人回应，请您马上打电话联系。"
        f"有人去了回{_steps(order, 'assign')}，没事了回“虚惊{order.no}”。"
    )


def emergency_again(order: OrderView) -> str:
    if order.helpers:
        return f"{order.no}号：{order.helper_names}已经过去了，急救电话也请打着。"
    return f"{order.no}号已经在叫人，一有回音马上告诉您。急救电话请先打。"


# What is said while an emergency is open.


NEWS = {
    "false": "是一场虚惊",
    "mistaken": "是一场虚惊",
    "taken": "人送医院了",
    "doused": "没事了",
    "aired": "没事了",
    "found": "没事了",
    "safe": "没事了",
    "over": "没事了",
    "well": "没事了",
}


def emergency_over(order: OrderView, news: str, is_fire: bool) -> str:
    """Where the cry was heard, from somebody whom it concerns."""
    if news == "taken" and order.place:
        return f"{order.no}号：人送医院就好，谢谢大家帮着看着。"
    if news == "taken":
        return f"{order.no}号：人送医院就好。家里要照看、要陪护，直接跟我说。"
    if is_fire:
        return f"{order.no}号：火灭了就好。屋里先别回，等消防看过再进。"
    return f"{order.no}号：没事就好，我跟去的人说一声。"


def emergency_stood_down(order: OrderView, news: str) -> str:
    """To everybody who was called."""
    return f"{order.no}号（{order.coarse_place or order.item}）{NEWS[news]}，没出发的不用去了，谢谢！"


def emergency_news(order: OrderView, name: str, words: str) -> str:
    """To those called, what somebody else says of it."""
    return f"{order.no}号：{name}说“{words}”。"


def rescue_here(order: OrderView) -> str:
    return f"{order.no}号：救援的人到了。请让开电梯和通道，别围观。"


def awake_again(order: OrderView) -> str:
    return f"{order.no}号：醒了就好！先躺着别急着起身，等120看过再放心。"


def rescue_then(order: OrderView) -> str:
    return f"{_titled(order)}救援到了有一阵了，还没听到后来怎样。没事了回“关闭{order.no}”，虚惊回“虚惊{order.no}”。"


def witness(order: OrderView, kind: str, is_harmed: bool) -> str:
    """To a second one who tells the same, hurt or not."""
    if not is_harmed:
        return f"您说的也记在{order.no}号里，已经在叫人。您也先离远一点。"
    first = {"gas": "马上到楼外透气，别开灯、别按电梯", "fire": "马上往外撤，弯腰捂住口鼻，别坐电梯"}
    return f"{first.get(kind, '您先到安全的地方坐下歇着')}，再打120。去{order.no}号的人我马上告诉。"


def witness_call(order: OrderView, name: str, home: str, phone: str | None, words: str) -> str:
    """To those called, where the second one is: they may need help first."""
    return f"【{order.no}-急】又有人说：{_facts(home, name)} “{words}”{_then(phone, '，电话')}。"


def wanted_there(order: OrderView) -> str:
    return f"记下了，我问去{order.no}号的人和物业。手上有的邻居请直接送过去。"


# Somebody does not want to live. Said to them alone.
DESPAIR = {
    "myself": "您愿意说出来，我很在意，您不是一个人。现在就可以打12356心理援助热线，24小时有人听；撑不住了请打120或110。",
    "another": "请先陪着，别留下一个人，刀、药收好，窗关好。有危险马上打110和120；怎么劝可以问12356心理援助热线，24小时有人。",
}


def despair(who: str, by: str) -> str:
    """`by`: who was called; nothing is promised where nobody was."""
    if who == "another":
        return DESPAIR[who] + (f"我已经私下叫{by}和附近的人，群里不说。" if by else "群里不说。")
    called = f"我已经私下告诉{by}，请{by}马上联系您，群里我一个字不提。" if by else "群里我一个字不提。"
    return f"{DESPAIR[who]}{called}身边有信得过的人，先请他来陪您一会儿。"


def despair_again(order: OrderView, by: str) -> str:
    """They go on writing."""
    if order.helpers:
        return f"我在听。{order.helper_names}正在联系您。难受就打12356，随时有人接；有危险打120。"
    called = f"，{by}那边我又催了一次" if by else ""
    return f"我在听{called}。难受就打12356，随时有人接；有危险打120。"


ITEM_DESPAIR = "陪着说说话"


def despair_listening(by: str) -> str:
    called = f"{by}会联系您；" if by else ""
    return f"我在听，您慢慢说。{called}想马上有人说话，打12356。"


def despair_eased(by: str) -> str:
    called = f"还是请{by}跟您说说话，好吗？" if by else ""
    return f"听您这么说我放心些。{called}想说的时候我都在。"


def despair_call(order: OrderView) -> str:
    """To the secretary, and to those near where it is about somebody else."""
    facts = f"{_facts(order.full_place, order.contact_name or '')} {_told(order)}{_then(order.contact_phone, '，电话')}"
    return (
        f"【{order.no}-急】{facts}。像是有轻生的念头，请马上打电话或上门，别在群里说、别留其一个人，有危险打110、120。"
        f"联系上了回“接{order.no}”。"
    )


def _told(order: OrderView) -> str:
    return f"“{order.note}”" if order.note else ""


def emergency_after(order: OrderView) -> str:
    """Next day, instead of asking for a rating."""
    return f"{_who(order)}现在怎么样了？要陪护、取东西、照看家里，直接回我一句就行。"


def emergency_underway(order: OrderView, name: str) -> str:
    return f"{order.no}：{name}过去了。其他人请让开通道。"


def utility_asker(order: OrderView, kind: str) -> str:
    return f"看到了，记为{order.no}号。{UTILITY_FIRST[kind]}我在叫值班的师傅。"


def utility_call(order: OrderView, home: str = "") -> str:
    facts = f"{order.full_place} {order.item}{_teller(order, home)}{_then(order.contact_phone, '，电话')}"
    return f"【{order.no}-急】{facts}，请马上看看。接到回“接{order.no}”。"


# 报到 绑定


def bound(kind: str, community: str, see: Viewer) -> str:
    tail = {
        "residents": "居民有事直接说就行，我来记、来找人。",
        "members": "有新单我发到这里，能去的接一下。",
        "secretaries": "说“本周情况”“帮助”试试。",
        "units": "转给单位的事我发到这里。",
    }[kind]
    group = GROUP_KINDS[kind]
    push = f"另外请书记私聊我“推送 {group} 消息推送的网址”，我才能自己在这个群里说话。" if see.must_mention else ""
    return f"绑好了：这是{community}的{group}。{tail}{push}"


def bad_code() -> str:
    return "这个绑定码不对或者用过了。请在服务器上运行 linli invite 再要一个。"


def bind_in_group() -> str:
    return "请到要绑定的群里说这句话。"


def not_bound() -> str:
    return "这个群还没绑定社区。请书记在群里说“绑定 绑定码 居民群”（绑定码由 linli invite 给出）。"


def introduced(name: str, place: str) -> str:
    return f"认识了，{name}{_then(place)}。有事直接说。"


def introduced_awaiting(name: str, place: str) -> str:
    return f"认识了，{name}{_then(place)}。什么时候方便也说一声就行。"


def helper_name() -> str:
    return "怎么称呼您？回“我是 姓名”，好让对方知道谁来。"


def appointed(name: str, role: str) -> str:
    return f"好，{name}从现在起是{role}。"


def dismissed(name: str, role: str) -> str:
    return f"好，{name}不再是{role}了。"


def no_such_role(roles: str) -> str:
    return f"可以任命的有：{roles}。比如“任命 张三 网格员”。"


def privacy() -> str:
    return (
        "小邻只记办事要用的：称呼、几栋几室、电话、要帮什么。群里只说单号、事由和几栋；"
        "地址电话只私发给接单的人。重病、家事和您要保密的话，接单的人也看不到。和办事无关的话不保存。想改想删，请找社区书记。"
    )


def releases(lines: Sequence[str]) -> str:
    """For the secretary alone: who stepped back, in their own words."""
    return "退过：" + "；".join(lines) if lines else ""


def who_are_you() -> str:
    return "怎么称呼您、住几栋？回“我是 姓名 几栋几单元几室”就行。"


def push_set(kind: str) -> str:
    return f"{GROUP_KINDS[kind]}的推送设好了，以后新单和提醒会自己发到群里。"


def push_bad() -> str:
    return "没看懂。请在私聊里说“推送 居民群 ”加上消息推送的网址。"


def push_in_private() -> str:
    return "推送网址等于钥匙，请马上在群里撤回，改在私聊里发给我。"


def no_such_group(kind: str) -> str:
    return f"还没有绑定的{kind}，先到群里绑定。"


# 拒绝


def no_right() -> str:
    return "这件事要书记或网格员来办，我先不动。您自己的单可以回“我的单”看看。"


def not_yours(no: int, what: str) -> str:
    return f"{no}不在你手上，不用{what}。回“我的单”看看手上的单。"


def returned_once(order: OrderView, unit: str) -> str:
    return f"{unit}退过{order.no}了，再转给他们要您裁定：回“转{order.no} {unit} 裁定”。"


def not_found(no: str) -> str:
    return f"没找到您的{no}号单。回“我的单”看看自己的单号。"


def no_such_order(no: str) -> str:
    """To those who steer."""
    return f"没有{no}号单，麻烦再看看单号。在办的回“未完成”就能看到。"


def nothing_to(what: str) -> str:
    return f"您现在没有能{what}的单。回“我的单”看看。"


def say_number(what: str) -> str:
    return f"要{what}哪一单？请带上单号。"


def not_now(order: OrderView, what: str) -> str:
    if order.state in ENDED:
        return f"{order.no}已经{ENDED[order.state]}了，不用再{what}。"
    return f"{order.no}现在是“{STATES[order.state]}”，不能{what}了。回“进度{order.no}”看看。"


def same_order() -> str:
    return "两个单号是同一单，不用并。"


def broken(number: str) -> str:
    return f"对不住，我这边出了点毛病。您的话我留着（编号{number}），有人会来看。急事请打社区电话。"


def cannot_record() -> str:
    """The facts cannot be kept at the moment, and nobody shall believe they were."""
    return "暂时无法登记，请稍后再说一遍，急事请直接打社区电话。"


# 帮助 本周情况


def help_lines(parts: Sequence[tuple[str, Sequence[str]]], see: Viewer) -> str:
    """Headed groups of commands, only those that this person may say."""
    told = "\n".join(f"{head}：{'；'.join(lines)}" for head, lines in parts if lines)
    return f"我是{see.bot_name}。有事直接说就行，比如“厨房灯不亮了，3栋”。也可以说：\n{told}"


def hello(see: Viewer) -> str:
    return f"您好，我是{see.bot_name}。要帮什么忙，直接说就行；回“帮助”看我还会什么。"


def no_answer_known() -> str:
    return "这个我怕说错，您问问社区。要人帮忙，直接跟我说就行。"


def picture_seen() -> str:
    return "图片我看不懂，也没留。麻烦说一句要帮什么忙。"


def recall_papers() -> str:
    return "刚才的消息里像有证件号，群里人多，请长按撤回。要给我的话私信就行。"


def week(
    total: int,
    by_state: Sequence[tuple[str, int]],
    first_minutes: int | None,
    rated: tuple[int, int, int],
    stuck: Sequence[OrderView],
    neighbours: int,
    redone: int,
    title: str = "本周",
) -> str:
    """本周情况. `rated`: satisfied or fairly satisfied, answered, asked; the answered share is always said."""
    if not total:
        return f"{title}还没有单。"
    states = "、".join(f"{FIGURES[state]}{count}" for state, count in by_state)
    lines = [f"{title}{total}单：{states}。"]
    if first_minutes is not None:
        lines.append(f"首次接单中位{_duration(first_minutes)}。")
    satisfied, answered, asked = rated
    if asked:
        lines.append(f"满意{satisfied}/{answered}（应评{asked}，{asked - answered}单未评）。")
    if neighbours:
        lines.append(f"其中邻里互助{neighbours}单。")
    if redone:
        lines.append(f"返工{redone}单。")
    if stuck:
        lines.append(f"卡住{len(stuck)}单：{'、'.join(f'{order.no}{order.item}' for order in stuck[:6])}。")
    else:
        lines.append("没有卡住的。")
    return "".join(lines)


def _duration(minutes: int) -> str:
    if minutes < 1:
        return "不到1分钟"
    return f"{minutes}分钟" if minutes < 120 else f"{minutes / 60:.1f}小时"


def order_list(orders: Sequence[OrderView], title: str) -> str:
    if not orders:
        return f"{title}：没有。"
    return f"{title}{len(orders)}单：\n" + "\n".join(f"· {progress(order)}" for order in orders[:20])


def thanked() -> str:
    return "不客气，有事直接说。"


def not_for_trying() -> str:
    return "这里已经有真的群了，不能清空。"


def noted() -> str:
    return "收到。"


def heard_nothing() -> str:
    return "这段语音我没听清。麻烦再说一遍，或者打几个字。"


def your_choices(order: OrderView, *, holds: bool) -> str:
    """Somebody named an order, and we did not get what they want of it."""
    if holds:
        return f"{progress(order)}去不了回“退单{order.no}”，换时间回“改约{order.no} 时间”，做完回“完成{order.no}”。"
    return f"{progress(order)}要改时间、不用了、着急了，都直接说就行。"


def time_told(order: OrderView) -> str:
    return f"好，{order.no}{order.when}到，已告诉{_asker(order)}。"


def hour_known(order: OrderView) -> str:
    return f"{order.no}：{_comer(order)}{order.when}到。"


def arrived_noted(order: OrderView) -> str:
    return f"{order.no}到了，辛苦。做完回“完成{order.no}”。"


def held_ready(order: OrderView) -> str:
    return f"好，{order.no}先备着，要你顶上我马上说。"


def offer_not_needed() -> str:
    """The same for an order that is full, ended or unknown: a stranger learns nothing from it."""
    return "谢谢你的好意！这一单现在不缺人。自己有事要帮忙，直接跟我说就行。"
