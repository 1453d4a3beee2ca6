"""What people say in few words, and what only looks like it: which shapes of the tables show. What each weighs is learned."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from nlp import category, clean, fold, signals, slots
from nlp.spotting import Spotter, list_names, words_of

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=timezone(timedelta(hours=8)))
LOOKUP = slots.Lookup(Spotter({name: words_of(name) for name in list_names()}))

ASKED = {
    "只说家里停了什么": ["咱家又停水了", "屋里突然断电了咋办", "整栋楼都没气了", "我们单元没暖气了"],
    "哪户坏了什么": ["704漏水", "8栋停水了", "5-1-302马桶堵了", "三号楼二单元灯不亮"],
    "电器不干活": ["冰柜不制冷", "洗衣机光转不脱水", "热水器插着电不加热", "电磁炉没反应", "空调不治冷"],
    "别字写的东西坏了": ["马桶堵了,马捅又堵", "灯炮坏了", "水笼头滴水"],
    "想吃口热的": ["就想喝口热汤", "三天没吃上口热饭", "想吃馄饨没人给包"],
    "求别再扰民": ["能不能别在楼下放音乐", "求对门别再弹琴了", "隔壁能不能小点声", "别在过道抽烟行不行"],
    "固定日子的活": ["每周一三下午接孙女", "每晚遛狗一次", "每天中午给老人送饭"],
    "只说一件活": ["剃头", "剪个头发", "借把锤子", "充个气卡"],
    "只说搬什么": ["气罐扛上四楼", "旧沙发抬下楼", "周六三个人搬钢琴"],
    "顺路捎样东西": ["谁去超市,捎包盐", "哪位邻居下楼,帮我带袋垃圾"],
    "老人要做什么": ["奶奶想剪头发", "我爸该换药了"],
}
NOT_ASKED = {
    "只说家里停了什么": ["家里没水果了", "我们公司停电了", "我家停电那天", "昨天我家停电了"],
    "哪户坏了什么": ["704路停了", "3号停电", "12月3日停水", "2-1领先", "8栋停水通知"],
    "电器不干活": ["空调制冷真快", "冰箱用十年不坏", "洗衣机转着呢"],
    "别字写的东西坏了": ["灯泡真亮"],
    "想吃口热的": ["好想吃口热的", "想吃火锅", "想喝奶茶"],
    "求别再扰民": ["能不能别在群里吵", "能不能别剧透", "广场舞跳得真好"],
    "固定日子的活": ["我每天接孩子", "每周三上课", "每天接送孩子真累"],
    "只说一件活": ["剃了个头", "理发店人多", "刚交电费"],
    "只说搬什么": ["沙发搬上来了", "俩人抬杠", "气罐涨价了"],
    "顺路捎样东西": ["谁去超市了", "下班回来带了瓶酱油"],
    "老人要做什么": ["老人要面子", "奶奶要过生日"],
}
AMONG_FRIENDS = {
    "手机上的忙": ["谁帮我外孙投个票", "帮我点个赞呗", "大家帮忙转发一下", "帮忙扫个码"],
    "拉票、点赞、砍价": ["帮我砍一刀", "谁给我助个力"],
    "朋友间捎带": ["帮我带份资料", "帮我捎杯咖啡", "老公,帮我拿条毛巾", "帮我把作业带到教室"],
    "借号借会员": ["谁有会员借我看两天"],
}
NEEDS = {
    "手机上的忙": ["求转发,我妈走失了", "老人不会投票,谁教教"],
    "朋友间捎带": ["谁帮我带份早饭,腿摔了", "帮我带点降压药"],
    "借号借会员": ["谁有梯子借我"],
}


def _cases(families: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(name, text) for name, texts in families.items() for text in texts]


def shown(text: str) -> dict[str, str]:
    said = clean(text)
    facts, _ = slots.gather(said, fold(said), NOW, LOOKUP, mentioned=False)
    return signals.observe(facts)


@pytest.mark.parametrize(("name", "text"), _cases(ASKED) + _cases(AMONG_FRIENDS))
def test_a_signal_shows(name: str, text: str) -> None:
    assert name in shown(text)


@pytest.mark.parametrize(("name", "text"), _cases(NOT_ASKED) + _cases(NEEDS))
def test_a_signal_does_not_show(name: str, text: str) -> None:
    assert name not in shown(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("剃头理发", "给老爷子推个光头"),
        ("送去坐车、接站", "老两口赶高铁,谁能送"),
        ("搬罐子、桶装水", "气罐提上六楼"),
        ("换气罐、换桶水", "换个煤气罐"),
        ("通厕所", "谁会通马桶"),
        ("劝别再扰民", "麻烦楼上轻点"),
        ("车打不着、补胎打气", "电瓶车没电了搭个电"),
        ("缝补磨剪", "缝条裤子"),
    ],
)
def test_a_kind_of_help_shows(name: str, text: str) -> None:
    assert name in category.table().shown(text).names


@pytest.mark.parametrize("text", ["头疼想推拿", "这事不合理发现晚了", "换煤气灶"])
def test_a_kind_of_help_does_not_show(text: str) -> None:
    assert not {"剃头理发", "换气罐、换桶水"} & set(category.table().shown(text).names)
