"""Whoever writes traditional characters is read as anybody else."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from nlp import Parser, fold, to_json
from nlp.common_spots import is_of_the_house
from nlp.traditional import PAIRS

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=timezone(timedelta(hours=8)))
PARSER = Parser([])

# As somebody in Taipei or Hong Kong would type it, and the same in Shanghai.
WRITTEN = [
    "廚房漏水把地板都泡了|厨房漏水把地板都泡了",
    "有人受傷了快來|有人受伤了快来",
    "孩子被開水燙傷了手臂|孩子被开水烫伤了手臂",
    "奶奶吃飯嗆到了臉色發紫|奶奶吃饭呛到了脸色发紫",
    "胳膊脫臼了誰會接|胳膊脱臼了谁会接",
    "嚇死我了外面有人砸門|吓死我了外面有人砸门",
    "水管爆裂噴得到處都是|水管爆裂喷得到处都是",
    "電閘跳了推不上去|电闸跳了推不上去",
    "老人摔倒了起不來|老人摔倒了起不来",
    "鄰居喪事要人手幫忙|邻居丧事要人手帮忙",
    "血壓計借我用一下|血压计借我用一下",
    "馬桶堵塞誰有疏通工具|马桶堵塞谁有疏通工具",
    "燈泡燒了夠不著|灯泡烧了够不着",
    "求助幫我搬一張書桌到三樓|求助帮我搬一张书桌到三楼",
    "電梯困人了7棟1單元|电梯困人了7栋1单元",
    "瓦斯味很重怕爆炸|瓦斯味很重怕爆炸",
    "樓道煙霧很濃看不見|楼道烟雾很浓看不见",
    "我爸爸突然暈倒叫不醒|我爸爸突然晕倒叫不醒",
    "媽媽腳扭傷了需要輪椅|妈妈脚扭伤了需要轮椅",
    "冰箱壞了裡面的菜都要爛|冰箱坏了里面的菜都要烂",
    "誰能順路帶一盒退燒藥|谁能顺路带一盒退烧药",
    "孫子發高燒家裡沒體溫計|孙子发高烧家里没体温计",
    "貓爬到樹上下不來|猫爬到树上下不来",
    "鑰匙鎖在屋裡進不去|钥匙锁在屋里进不去",
    "老伴聽力不好想找人陪他去醫院|老伴听力不好想找人陪他去医院",
    "洗衣機脫水時聲音很響|洗衣机脱水时声音很响",
    "窗戶關不緊一直灌風|窗户关不紧一直灌风",
    "樓頂掉磚頭砸到車了|楼顶掉砖头砸到车了",
    "對面陽台有人要跳樓|对面阳台有人要跳楼",
    "寶寶吞了紐扣電池|宝宝吞了纽扣电池",
    "燃氣灶點不著火|燃气灶点不着火",
    "暖氣片滲水了|暖气片渗水了",
    "小區垃圾兩天沒清臭死了|小区垃圾两天没清臭死了",
    "樓上裝修吵得頭疼|楼上装修吵得头疼",
    "網絡斷了上不了網課|网络断了上不了网课",
    "誰會輔導小學數學|谁会辅导小学数学",
    "下午三點幫我取個快遞|下午三点帮我取个快递",
    "晾衣桿斷了請人換一根|晾衣杆断了请人换一根",
    "腰疼彎不下去想請人拖地|腰疼弯不下去想请人拖地",
    "我接231馬上過去|我接231马上过去",
    "已經修好了謝謝大家|已经修好了谢谢大家",
    "不用來了燈自己亮了|不用来了灯自己亮了",
    "我爺爺走失了穿藍色外套|我爷爷走失了穿蓝色外套",
    "車庫積水淹到膝蓋了|车库积水淹到膝盖了",
    "欄桿鬆動小心孩子撲上去|栏杆松动小心孩子扑上去",
    "幫忙寫一份遺失聲明|帮忙写一份遗失声明",
    "手機丟在樓下長椅上|手机丢在楼下长椅上",
    "獨居老人三天沒開門了|独居老人三天没开门了",
    "嬰兒奶粉喝完了超市關門|婴儿奶粉喝完了超市关门",
    "隔壁夫妻打架摔東西|隔壁夫妻打架摔东西",
    "有蛇鑽進儲藏室|有蛇钻进储藏室",
    "電線冒火花不敢碰|电线冒火花不敢碰",
    "輸液完沒人接我回家|输液完没人接我回家",
    "紗窗破了蚊蟲飛進來|纱窗破了蚊虫飞进来",
    "給我送兩斤雞蛋和一袋鹽|给我送两斤鸡蛋和一袋盐",
    "聯繫不上物業誰有電話|联系不上物业谁有电话",
    "救護車還沒到奶奶喘不過氣|救护车还没到奶奶喘不过气",
    "床太重了我一個人擡不動|床太重了我一个人抬不动",
    "誰家有梯子藉我一天|谁家有梯子借我一天",
    "傢具組裝說明看不懂|家具组装说明看不懂",
    "妳們樓停水了嗎|你们楼停水了吗",
    "廁所下水道返臭味|厕所下水道返臭味",
    "鐵門夾到手流血不止|铁门夹到手流血不止",
]


def _folded(value: object) -> object:
    """What is told, however it is spelt: words that are kept as they were written are kept in their characters."""
    if isinstance(value, str):
        return fold(value)
    if isinstance(value, dict):
        return {key: _folded(inner) for key, inner in value.items()}
    return [_folded(inner) for inner in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize("pair", [line.split("|") for line in WRITTEN], ids=lambda pair: pair[1])
def test_traditional_and_simplified_say_the_same(pair: list[str]) -> None:
    traditional, simplified = pair
    assert fold(traditional) == simplified
    one, other = (PARSER.parse(text, NOW) for text in pair)
    assert _folded(to_json(one)) == _folded(to_json(other))


def test_a_part_of_a_house_is_known_in_either_spelling() -> None:
    assert all(map(is_of_the_house, ("電梯", "樓道", "單元門口", "楼顶")))
    assert not any(map(is_of_the_house, ("小區門口", "超市", "電梯房", None)))


def test_every_pair_is_two_characters_and_none_stands_twice() -> None:
    assert all(len(pair) == 2 and pair[0] != pair[1] for pair in PAIRS)
    assert len({pair[0] for pair in PAIRS}) == len(PAIRS)


def test_what_a_character_becomes_is_no_traditional_one_again() -> None:
    assert not {pair[0] for pair in PAIRS} & {pair[1] for pair in PAIRS}


@pytest.mark.parametrize(
    "text", ["沈阿姨像雕像", "姓于的住于家桥", "覆盖", "几里路", "蒜薹炒肉", "姊妹", "台上唱戏", "只要一只"]
)
def test_simplified_text_stays_as_it_is(text: str) -> None:
    assert fold(text) == text
