"""What people say while an emergency is open, what is told in confidence, and where it happens."""

from __future__ import annotations

import pytest

from handlers.danger import is_of_the_house, kind_of, utility_kind
from nlp.aftermath import Despair, News, asks_secrecy, find_despair, find_news, tells_of_harm, without_despair
from nlp.common_spots import find_common_spot
from nlp.pieces import is_fault, is_impatient, is_piece, is_thanks, is_thing, room_in
from nlp.privacy import find, is_confided, scrub, without_confided

TOLD = [
    ("没事了，是楼下炸辣椒油烟大", News.FALSE),
    ("原来是对门在烧香", News.FALSE),
    ("不是煤气，是臭豆腐", News.FALSE),
    ("看错了 是晚霞", News.MISTAKEN),
    ("没啥事儿了", News.WELL),
    ("都没事了 谢谢各位", News.WELL),
    ("火给扑灭了", News.DOUSED),
    ("孩子找到了", News.FOUND),
    ("人都撤出来了，老人没事", News.SAFE),
    ("老太太缓过来了", News.AWAKE),
    ("人醒来了", News.AWAKE),
    ("已经拉到急诊去了", News.TAKEN),
    ("我爸坐上救护车了", News.TAKEN),
    ("消防员已经到了", News.HERE),
    ("120进小区了", News.HERE),
    ("谁家有配电间钥匙", News.WANTED),
    ("有没有人会心肺复苏", News.CARE),
    ("谁家有灭火器", News.EXTINGUISHER),
    ("火灭了没人受伤", News.DOUSED),
    ("煤气不漏了，窗都开了", News.AIRED),
    ("警报已经解除", News.OVER),
    ("我家也闻见了", News.ALSO),
    ("对面也在冒烟", News.ALSO),
    ("楼上也冒烟", News.ALSO),
]
NO_NEWS = [
    "火灭了没",
    "消防到了吗",
    "救护车怎么还没来",
    "火灭了又烧起来了",
    "谁有快递柜的钥匙",
    "今天的菜真新鲜",
    "明火灭了还在冒烟",
    "孩子找到工作了吗",
    "老人没救出来",
    "火没扑下去",
    "火扑灭不了",
    "娃还没找着",
    "火快灭了",
    "等火灭了再说",
    "应该没事了吧",
    "劳烦谁搭把手抬上救护车",
    "赶紧送医院吧",
    "哪位有车帮着送去医院",
    "送去医院也没用了",
    "人没有知觉了",
    "一直没醒过来",
    "我刚睡醒，才看到",
    "原来是蚊香点着了窗帘",
    "可能是楼下烧烤",
    "我也在楼下，这就上去",
    "我也是志愿者",
    "我也有点饿",
    "我也看到群里消息了",
    "救护车进不来",
]
# One clause each, so that a word put in anywhere denies it.
ENDINGS = ["原来是对门在烧香", "人已经送医院了", "火扑灭了", "味道散了", "孩子找到了", "老人救出来了", "危险解除了"]
ENDINGS += ["没事了", "老太太醒过来了", "消防车到楼下了"]
DESPAIR = [
    ("活着还有什么劲", Despair.MYSELF),
    ("我真不想再活下去了", Despair.MYSELF),
    ("不如死了干净", Despair.MYSELF),
    ("老伴走了，我也想一了百了", Despair.MYSELF),
    ("我妈老说活够了", Despair.ANOTHER),
    ("楼顶有人要跳楼", Despair.ANOTHER),
    ("我闺女闹着要喝农药", Despair.ANOTHER),
    ("我爸在阳台上，喊着活够了", Despair.ANOTHER),
    ("5栋的李强说不想活了", Despair.ANOTHER),
    ("王芳在天台，要跳楼", Despair.ANOTHER),
    ("闺女高考考砸了，在屋里说不想活了", Despair.ANOTHER),
    ("听说楼上大姐要上吊快来人", Despair.ANOTHER),
    ("作业没写完挨骂，孩子说想跳楼", Despair.ANOTHER),
    ("他玩手机被我说了，现在站在窗台上要跳楼", Despair.ANOTHER),
    ("老伴没了，说实话活着没意思", Despair.MYSELF),
    ("我跟你说，不想活了", Despair.MYSELF),
    ("他打我骂我，我不想活了", Despair.MYSELF),
    ("我老公想不开", Despair.ANOTHER),
    ("我就是想不开", Despair.MYSELF),
    ("遗书我写好了", Despair.MYSELF),
    ("这有啥想不开的", None),
    ("你别想不开", None),
    ("旧水管拆了重装，一了百了", None),
    ("这破灯换掉一了百了", None),
    ("作业多得不想活了", None),
    ("想死你们啦", None),
    ("电视里那男的想自杀", None),
    ("热得不想活了", None),
    ("鱼不想活了", None),
    ("社区周五讲座：预防自杀", None),
    ("这周死活不想动", None),
]
SECRET = ["千万别让街坊晓得", "请替我保密", "这个不要跟我儿子说", "莫跟外人讲", "不希望邻居们知道", "别到处说"]
SECRET += ["别让楼上的人知道", "怕街坊知道", "不要在群里提"]
NO_SECRET = ["密码保密", "工资保密吗", "别跟他抢", "别说了", "不知道谁家的", "别忘了告诉物业"]
NO_SECRET += [
    "别按门铃，宝宝刚睡，微信说一声",
    "怕大家不晓得，我再讲一遍",
    "别信小孩瞎说",
    "不要往楼下扔东西，人家说过多少回了",
]


@pytest.mark.parametrize(("text", "news"), TOLD)
def test_news_of_an_emergency(text: str, news: News) -> None:
    assert find_news(text) is news


@pytest.mark.parametrize("text", NO_NEWS)
def test_questions_and_other_talk_are_no_news(text: str) -> None:
    assert find_news(text) is None


@pytest.mark.parametrize("denial", ["没", "不", "没有", "还没", "快", "谁能"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_whatever_denies_an_ending_keeps_the_emergency_open(ending: str, denial: str) -> None:
    assert find_news(ending) is not None
    for at in range(len(ending)):
        text = ending[:at] + denial + ending[at:]
        assert find_news(text) is None, text


def test_a_witness_who_suffers_is_told_apart() -> None:
    assert tells_of_harm("我也闻到了，有点恶心")
    assert not tells_of_harm("我也闻到了")


@pytest.mark.parametrize(("text", "who"), DESPAIR)
def test_despair_and_whose(text: str, who: Despair | None) -> None:
    assert find_despair(text) is who


def test_what_else_is_told_beside_despair() -> None:
    assert without_despair("我家烧起来了，我活不下去了") == "我家烧起来了，"
    assert without_despair("家里漏水") == "家里漏水"


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("我妈吃了半瓶安眠药", "medical"),
        ("遗书都写好了", "self_harm"),
        ("爷爷厥过去了", "medical"),
        ("娃吃花生噎住了", "medical"),
        ("他没有脉搏了", "medical"),
        ("厨房着活了", "fire"),
        ("门缝里冒白烟", "fire"),
        ("电箱直冒火星", "fire"),
        ("奶奶买菜走失了", "missing"),
        ("一氧化碳报警了", "gas"),
        ("呼吸机快没电了", "ill"),
        ("药店门口有人吵架", "other"),
        ("钥匙不见了", "other"),
        ("给你发消息没回", "other"),
        ("摔东西吵得凶", "other"),
    ],
)
def test_which_number_to_call(words: str, kind: str) -> None:
    assert kind_of(words) == kind


def test_the_house_and_its_utilities() -> None:
    assert utility_kind("插座漏电") == "power"
    assert utility_kind("水管爆了") == "water"
    assert is_of_the_house("整栋停水")
    assert not is_of_the_house("水龙头滴水")


@pytest.mark.parametrize("text", SECRET)
def test_a_plea_to_keep_quiet(text: str) -> None:
    assert asks_secrecy(text)
    assert is_confided(text)


@pytest.mark.parametrize("text", NO_SECRET)
def test_what_only_sounds_like_one(text: str) -> None:
    assert not asks_secrecy(text)


@pytest.mark.parametrize(
    ("text", "spot"),
    [
        ("走廊里飘着焦糊味", "走廊"),
        ("有人晕倒在电梯口了", "电梯口"),
        ("小区大门口有人打架", "小区大门口"),
        ("地库冒黑烟了", "地库"),
        ("我家楼下有个人躺着", "楼下"),
        ("厨房着火，楼道里全是烟", None),
        ("8栋1203煤气味，走廊都闻到了", None),
        ("快递放在小区门口，谁帮我拎上来", None),
        ("帮我把米从楼下提上来", None),
        ("我家楼道灯不亮", None),
    ],
)
def test_what_happens_in_a_public_spot(text: str, spot: str | None) -> None:
    found = find_common_spot(text)
    assert (found.name if found else None) == spot


def test_grave_illness_and_family_matters_are_confided() -> None:
    for text in ("老伴肝癌晚期", "儿子坐过牢", "我们正闹离婚", "一家靠低保", "老公家暴想换锁", "有抑郁症"):
        assert is_confided(text), text
        assert not is_confided("帮我换个灯"), text
    assert not is_confided("发烧三天了，帮买退烧药")  # whoever buys it must know
    assert not is_confided("打我电话就行，打扫完被告知一声")


def test_family_matters_are_not_repeated_in_a_group() -> None:
    assert find("他刚出狱") == ["matter"]
    assert "出狱" not in scrub("他刚出狱，想找活")


def test_for_an_emergency_only_the_confided_word_is_masked() -> None:
    assert without_confided("我妈有抑郁症，吃了药叫不醒") == "我妈有（略），吃了药叫不醒"


def test_pieces_of_a_plea() -> None:
    assert is_thing("热水器")
    assert is_fault("不转了")
    assert all(map(is_piece, ("5栋", "50斤", "我老伴")))
    assert all(map(is_impatient, ("？？", "听见没", "来不来啊")))
    assert is_thanks("好，谢谢您")
    assert [room_in(text) for text in ("四零二", "302室")] == ["402", "302"]


def test_what_is_no_piece() -> None:
    assert not any(map(is_thing, ("灯会", "米粉好吃")))
    assert not is_fault("好了")
    assert not is_impatient("来修灯")
    assert not any(map(room_in, ("50", "13900002210")))
