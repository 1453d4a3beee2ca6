"""The few words that stand on the card of an order, shown in groups."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from handlers.categories import CATEGORIES, usual_minutes
from nlp import Parser, privacy
from nlp.intent import Category
from nlp.items import KINDS, find_item
from tests.stage import Stage

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=timezone(timedelta(hours=8)))
PARSER = Parser([])
C = Category

ITEMS = [
    ("有没有会修灯的啊,厨房灯不亮了,我一个人够不着", "修厨房灯"),
    ("谁帮我把快递提上5楼 有袋米", "提快递到5楼"),
    ("求帮忙抬一台旧洗衣机下楼", "抬旧洗衣机下楼"),
    ("谁会装窗纱", "装窗纱"),
    ("麻烦修一下水管", "修水管"),
    ("请人通一下下水管", "疏通下水管"),
    ("楼上渗水，敲了几次门没人开", "查漏水"),
    ("帮忙把煤气罐扛到四楼", "扛煤气罐到4楼"),
    ("煤气罐漏气了快来人", "查看燃气"),
    ("楼上浇花，水滴到我家被子上，求管管", "查漏水"),
    ("谁遛狗的时候帮我把垃圾带下去", "带垃圾"),
    ("谁能给我爸剃个头", "理发上门"),
    ("谁帮我寄个快递", "寄快递"),
    ("谁会修拉链", "修拉链"),
    ("谁能帮忙搬家帮老人搬到2楼", "搬家到2楼"),
    ("热水器不出热水了，谁会修", "修热水器"),
    ("我家马桶堵了", "疏通马桶"),
    ("厨房下水道返水", "疏通下水道"),
    ("谁能帮我买点青菜", "买菜"),
    ("我妈要去透析，谁能送一下", "接送就医"),
    ("我爸糖尿病，谁能去药店取胰岛素", "代买药品"),
    ("谁能帮我去药店买止痛药和纸尿裤", "代买药品"),
    ("求帮忙买两盒感冒药", "代买药品"),
    ("谁有梯子借我用下，换个灯泡", "借梯子"),
    ("想换个灯泡，谁家梯子能借一下", "借梯子"),
    ("谁能陪我爸去医院复查", "陪诊"),
    ("孩子发烧谁有退烧药", "就医陪护"),
    ("老人手机不会用，谁教教", "教用手机"),
    ("想借个轮椅", "借轮椅"),
    ("谁家有梯子借我用用", "借梯子"),
    ("家里水龙头滴水，谁会修", "修水龙头"),
    ("家里跳闸了谁懂电", "查电路"),
    ("门锁坏了打不开", "修门锁"),
    ("帮我搬个沙发上六楼", "搬沙发到6楼"),
    ("谁有空帮抬双人床垫下楼", "抬双人床垫下楼"),
    ("谁能帮忙取快递，13800000001，3栋2单元501", "取快递"),
    ("谁帮我遛下狗", "遛狗"),
    ("阳台晾衣架掉了 谁会装", "装阳台晾衣架"),
    ("楼道垃圾没人收", "清垃圾"),
    ("楼上太吵了，求社区来调解", "调解噪音"),
    ("帮我把书柜从三楼搬到一楼", "搬书柜到1楼"),
    ("电梯困人了", "电梯困人"),
    ("孩子放学没人接", "接孩子"),
    ("想找人辅导数学", "辅导数学"),
    ("找人陪我爸聊聊天", "陪聊天"),
    ("谁能给卧床的老人理发", "上门理发"),
    ("我家钥匙丢了", "找钥匙"),
    ("谁捡到一个钱包", "找失物"),
    ("防盗门关不上，谁会修", "修防盗门"),
    ("帮我交一下电费", "交电费"),
    ("社保卡补办谁能跑一趟", "办社保卡"),
    ("我爸晕倒了快来人", "应急救援"),
    ("空调不制冷，求师傅", "修空调"),
    ("求借打气筒", "借打气筒"),
    ("小区井盖歪了", "修井盖"),
    ("厨房水槽堵了", "疏通水槽"),
    ("身份证110101199003071234，帮我办居住证", "办居住证"),
    ("猫跑丢了，求扩散", "找猫"),
    ("8栋电梯又停了 老人下不来", "电梯停运"),
    ("楼上漏水 我家天花板在滴 越来越大", "查漏水"),
    ("花坛边一窝野蜂，孩子们天天路过，怎么办", "除蜂窝"),
]


# What a text only mentions is not what it wants: the kind of help decides, and where it leaves doubt it is the item.
MENTIONED = [
    ("轮椅轱辘掉了,谁会修", C.DISABILITY, "修轮椅"),
    ("我家轮椅刹车松了", C.DISABILITY, "修轮椅"),
    ("借来的拐杖断了,谁有胶", C.DISABILITY, "修拐杖"),
    ("家里梯子裂了一条缝", C.OTHER, "修梯子"),
    ("婴儿车轮子不转了", C.EDUCATION, "修婴儿车"),
    ("我坐轮椅,台阶上不去,来个人推一把", C.DISABILITY, KINDS[C.DISABILITY]),
    ("谁家有多的拐杖", C.DISABILITY, "借拐杖"),
    ("哪家有打气筒,车胎瘪了", C.OTHER, "借打气筒"),
    ("充电宝炸了,床单烧着了", C.RESCUE, KINDS[C.RESCUE]),
    ("电脑冒烟了,屋里呛得慌", C.RESCUE, KINDS[C.RESCUE]),
    ("老人躺在沙发边上叫不应", C.RESCUE, KINDS[C.RESCUE]),
    ("妈妈出去取牛奶一上午没回来", C.LOST, "寻人"),
    ("老太太说去买菜,到现在没回家", C.LOST, "寻人"),
    ("我爷爷遛弯没回来", C.LOST, "寻人"),
    ("猫卡在空调外机后面", C.OTHER, "救猫"),
    ("谁来帮忙,狗掉进下水道了", C.OTHER, "救狗"),
    ("有只小鸟困在楼道灯罩里", C.OTHER, "救鸟"),
    ("我买了菜忘在店里,谁路过", C.ERRAND, "取落下的东西"),
    ("伞落在理疗店了", C.ERRAND, "取落下的东西"),
    ("刚买了青菜,家里煤气灶点不着", C.REPAIR, "看煤气灶"),
    ("半袋米没人扛", C.CARRYING, "扛袋米"),
    ("老伴走了,天天对着沙发发呆", C.COMPANIONSHIP, KINDS[C.COMPANIONSHIP]),
    ("出差一周,金鱼没人喂", C.ERRAND, "喂鱼"),
    ("女儿化学跟不上", C.EDUCATION, "辅导化学"),
]


@pytest.mark.parametrize(("text", "category", "item"), MENTIONED)
def test_a_thing_that_is_only_mentioned_is_not_the_item(text: str, category: Category, item: str) -> None:
    assert find_item(text, PARSER._words.cut, category) == item


def test_only_a_length_that_was_said_is_read() -> None:
    """How long an errand usually takes is known to the handlers, not said in the words."""
    unsaid, said = (
        PARSER.parse(text, NOW).slots for text in ("谁帮我去药房买盒感冒药", "谁帮我去药房买盒感冒药,大概45分钟")
    )
    assert (unsaid.item, unsaid.minutes) == ("代买药品", None)
    assert (said.item, said.minutes) == ("代买药品", 45)
    assert usual_minutes(C.MEDICAL, "代买药品") == 30
    assert usual_minutes(C.MEDICAL, "陪诊") == CATEGORIES[C.MEDICAL].minutes


@pytest.mark.parametrize(
    ("text", "minutes"), [("谁帮我去药房买盒感冒药", 30), ("谁帮我去药房买盒感冒药,大概45分钟", 45)]
)
def test_an_order_lasts_as_long_as_was_said_or_as_is_usual(text: str, minutes: int) -> None:
    on = Stage("sqlite://")
    on.say("王秀兰", text, "居民群")
    assert on.order().minutes == minutes
    on.close()


@pytest.mark.parametrize(("text", "item"), ITEMS)
def test_items(text: str, item: str) -> None:
    assert PARSER.parse(text, NOW).slots.item == item


def test_nothing_private_can_stand_in_an_item() -> None:
    for text, _ in ITEMS:
        assert privacy.find(PARSER.parse(text, NOW).slots.item or "") == []


@pytest.mark.parametrize("category", Category)
def test_every_category_has_words_that_may_be_said(category: Category) -> None:
    assert find_item("……", lambda _: [], category) == KINDS[category]
    assert privacy.find(KINDS[category]) == []
