"""The geocoders against a server that answers as the vendors do, errors included."""

import copy
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import geo
from registry.addresses.adapters.amap import AmapGeocoder
from registry.addresses.adapters.choice import make_geocoder
from registry.addresses.adapters.http import VendorHttp
from registry.addresses.adapters.offline import OfflineGeocoder
from registry.addresses.adapters.tencent import TencentGeocoder
from registry.addresses.adapters.tianditu import TiandituGeocoder
from registry.addresses.geocoder import (
    SHENZHEN,
    AddressInvalid,
    AddressNotFound,
    City,
    Geocoder,
    GiveUp,
    Located,
    RetryLater,
)
from registry.errors import DakaError
from tests.registry.addresses.vendors import (
    AMAP_FOUND,
    TENCENT_FOUND,
    TIANDITU_FOUND,
    TIANDITU_WRONG_KIND_OF_KEY,
    Vendor,
    vendor,
)

KEY = "SECRET-KEY-7788"
BEIJING = City("北京市", "11")
ADDRESS = "北京市海淀区彩和坊路海淀西大街74号"
MAKERS: dict[str, Callable[[VendorHttp], Geocoder]] = {
    "tencent": lambda http: TencentGeocoder(KEY, http=http),
    "amap": lambda http: AmapGeocoder(KEY, http=http),
    "tianditu": lambda http: TiandituGeocoder(KEY, http=http),
}
FOUND = {"tencent": TENCENT_FOUND, "amap": AMAP_FOUND, "tianditu": TIANDITU_FOUND}
every = pytest.mark.parametrize("name", MAKERS)


@pytest.fixture
def service() -> Iterator[Vendor]:
    with vendor() as running:
        yield running


def ask(name: str, service: Vendor, address: str = ADDRESS, city: City = BEIJING) -> Located:
    http = VendorHttp(service.url, timeout=httpx.Timeout(0.4, connect=0.4))
    try:
        return MAKERS[name](http).locate(address, city=city)
    finally:
        http.close()


def changed(name: str, **changes: Any) -> dict[str, Any]:
    """The vendor's answer with fields of the place replaced."""
    answer = copy.deepcopy(FOUND[name])
    place = {"tencent": "result", "amap": "geocodes", "tianditu": "location"}[name]
    (answer[place][0] if name == "amap" else answer[place]).update(changes)
    return answer


class TestRequests:
    def test_tencent_is_asked_as_documented(self, service: Vendor) -> None:
        service.answers(TENCENT_FOUND)
        ask("tencent", service)
        assert service.asked == [("/ws/geocoder/v1/", {"key": KEY, "address": ADDRESS, "output": "json"})]

    def test_amap_is_asked_as_documented(self, service: Vendor) -> None:
        service.answers(AMAP_FOUND)
        ask("amap", service)
        params = {"key": KEY, "address": ADDRESS, "city": "北京市", "output": "JSON"}
        assert service.asked == [("/v3/geocode/geo", params)]

    def test_tianditu_is_asked_as_documented(self, service: Vendor) -> None:
        service.answers(TIANDITU_FOUND)
        ask("tianditu", service, '莲花池西路"28"号')
        ((path, params),) = service.asked
        assert path == "/geocoder"
        assert json.loads(params["ds"]) == {"keyWord": '北京市莲花池西路"28"号'}
        assert params["tk"] == KEY

    @pytest.mark.parametrize("name", ["tencent", "tianditu"])
    def test_a_city_is_put_in_front_where_none_is_named(self, name: str, service: Vendor) -> None:
        service.answers(FOUND[name])
        ask(name, service, " 福田区  示例路1号 ", City("深圳市", "4403"))
        sent = service.asked[0][1]
        assert (sent.get("address") or json.loads(sent["ds"])["keyWord"]) == "深圳市福田区 示例路1号"

    @pytest.mark.parametrize(
        ("address", "sent"),
        [
            ("福田区深圳大道1号", "深圳市福田区深圳大道1号"),
            ("广东省深圳市福田区1号", "广东省深圳市福田区1号"),
            ("广东深圳福田区1号", "广东深圳福田区1号"),
            ("深圳福田区1号", "深圳福田区1号"),
        ],
    )
    def test_a_road_named_after_the_city_is_not_the_city(
        self, address: str, sent: str, service: Vendor
    ) -> None:
        service.answers(TENCENT_FOUND)
        ask("tencent", service, address, SHENZHEN)
        assert service.asked[0][1]["address"] == sent

    @every
    @pytest.mark.parametrize("address", ["", " \n ", "路" * 201])
    def test_nonsense_is_not_asked_at_all(self, name: str, address: str, service: Vendor) -> None:
        with pytest.raises(AddressInvalid):
            ask(name, service, address)
        assert service.asked == []


class TestAnswers:
    @pytest.mark.parametrize(
        ("name", "lng", "lat", "datum", "level", "confidence"),
        [
            ("tencent", 116.307015, 39.982915, "gcj02", "门址", 0.7),
            ("amap", 116.482086, 39.990496, "gcj02", "门牌号", 0.9),
            ("tianditu", 116.290158, 39.894696, "cgcs2000", "门址", 1.0),
        ],
    )
    def test_each_brings_its_point_in_its_own_datum(
        self, name: str, lng: float, lat: float, datum: str, level: str, confidence: float, service: Vendor
    ) -> None:
        service.answers(FOUND[name])
        found = ask(name, service)
        assert found.point == geo.Point(lng, lat, geo.Datum(datum))
        assert (found.provider, found.level, found.confidence) == (name, level, confidence)
        assert found.doubts == ()
        assert not found.is_doubtful

    @pytest.mark.parametrize(
        ("name", "changes", "doubt"),
        [
            ("tencent", {"level": 8}, "只精确到道路附属点"),
            ("tencent", {"level": 2}, "只精确到区、县"),
            ("tencent", {"reliability": 6}, "可信度为 6"),
            ("tencent", {"level": None, "reliability": None}, "只精确到未知级别"),
            ("tencent", {"ad_info": {"adcode": "440304"}}, "不在北京市"),
            ("amap", {"level": "道路"}, "只精确到道路"),
            ("amap", {"level": "区县"}, "只精确到区县"),
            ("amap", {"level": []}, "只精确到未知级别"),
            ("amap", {"adcode": "440304"}, "不在北京市"),
            ("tianditu", {"level": "道路"}, "只精确到道路"),
            ("tianditu", {"score": 79}, "匹配得分为 79"),
            ("tianditu", {"score": "60"}, "匹配得分为 60"),
            ("tianditu", {"score": None}, "没有给出匹配得分"),
        ],
    )
    def test_a_vague_answer_is_doubtful_and_says_why(
        self, name: str, changes: dict[str, Any], doubt: str, service: Vendor
    ) -> None:
        service.answers(changed(name, **changes))
        found = ask(name, service)
        assert found.is_doubtful
        assert any(doubt in said for said in found.doubts)

    def test_amap_with_two_places_of_one_name_is_doubtful(self, service: Vendor) -> None:
        answer = copy.deepcopy(AMAP_FOUND)
        answer["geocodes"].append(answer["geocodes"][0] | {"location": "116.492086,39.990496"})
        service.answers(answer | {"count": "2"})
        assert ask("amap", service).doubts == ("该地址有 2 处不同的位置",)

    def test_amap_with_two_entries_for_one_place_is_not(self, service: Vendor) -> None:
        answer = copy.deepcopy(AMAP_FOUND)
        answer["geocodes"].append(answer["geocodes"][0] | {"location": "116.482145,39.990039"})
        service.answers(answer | {"count": "2"})
        assert ask("amap", service).doubts == ()

    def test_amaps_own_wording_of_the_address_is_kept(self, service: Vendor) -> None:
        service.answers(AMAP_FOUND)
        assert ask("amap", service).address == "北京市朝阳区阜通东大街6号"


class TestNothingFound:
    @pytest.mark.parametrize(
        ("name", "answer"),
        [
            ("tencent", {"status": 347, "message": "查询无结果"}),
            ("amap", {"status": "1", "info": "OK", "infocode": "10000", "count": "0", "geocodes": []}),
            ("amap", {"status": "0", "info": "ENGINE_RESPONSE_DATA_ERROR", "infocode": "30001"}),
            ("tianditu", {"msg": "no result", "status": "101", "searchVersion": "6.4.9V"}),
        ],
    )
    def test_it_is_said_so(self, name: str, answer: Any, service: Vendor) -> None:
        service.answers(answer)
        with pytest.raises(AddressNotFound) as caught:
            ask(name, service)
        assert "手工标定" in caught.value.hint


def refusal(name: str, service: Vendor) -> DakaError:
    with pytest.raises((RetryLater, GiveUp)) as caught:
        ask(name, service)
    said = f"{caught.value} {caught.value.message} {caught.value.hint} {caught.value.__cause__!r}"
    assert KEY not in said
    assert "海淀" not in said
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value


class TestRefusals:
    @pytest.mark.parametrize(
        ("name", "answer", "wait_s"),
        [
            ("tencent", {"status": 120, "message": "此key每秒请求量已达到上限"}, 1),
            ("tencent", {"status": 121, "message": "此key每日调用量已达到上限"}, 3600),
            ("amap", {"status": "0", "info": "DAILY_QUERY_OVER_LIMIT", "infocode": "10003"}, 3600),
            ("amap", {"status": "0", "info": "USER_DAILY_QUERY_OVER_LIMIT", "infocode": "10044"}, 3600),
            ("amap", {"status": "0", "info": "ACCESS_TOO_FREQUENT", "infocode": "10004"}, 60),
            ("amap", {"status": "0", "info": "CUQPS_HAS_EXCEEDED_THE_LIMIT", "infocode": "10021"}, 60),
            ("amap", {"status": "0", "info": "SERVER_IS_BUSY", "infocode": "10016"}, 60),
        ],
    )
    def test_a_used_up_quota_is_for_later(self, name: str, answer: Any, wait_s: int, service: Vendor) -> None:
        service.answers(answer)
        error = refusal(name, service)
        assert isinstance(error, RetryLater)
        assert (error.code, error.retry_after_s) == ("geocoder_quota", wait_s)

    @pytest.mark.parametrize(
        ("name", "answer", "status"),
        [
            ("tencent", {"status": 190, "message": "无效的KEY"}, 200),
            ("tencent", {"status": 112, "message": "IP未被授权"}, 200),
            ("tencent", {"status": 199, "message": "此key未开启webservice功能"}, 200),
            ("tencent", {"status": 311, "message": "key格式错误"}, 200),
            ("amap", {"status": "0", "info": "INVALID_USER_KEY", "infocode": "10001"}, 200),
            ("amap", {"status": "0", "info": "INVALID_USER_IP", "infocode": "10005"}, 200),
            ("amap", {"status": "0", "info": "USERKEY_PLAT_NOMATCH", "infocode": "10009"}, 200),
            ("amap", {"status": "0", "info": "QUOTA_PLAN_RUN_OUT", "infocode": "40000"}, 200),
            ("tianditu", TIANDITU_WRONG_KIND_OF_KEY, 403),
            ("tianditu", TIANDITU_WRONG_KIND_OF_KEY, 200),
        ],
    )
    def test_a_key_that_is_refused_is_for_the_operator(
        self, name: str, answer: Any, status: int, service: Vendor
    ) -> None:
        service.answers(answer, status=status)
        assert isinstance(refusal(name, service), GiveUp)

    @every
    @pytest.mark.parametrize("status", [401, 403, 418])
    def test_a_forbidden_call_is_for_the_operator(self, name: str, status: int, service: Vendor) -> None:
        service.answers(b"<html>forbidden</html>", status=status)
        assert isinstance(refusal(name, service), GiveUp)

    @every
    @pytest.mark.parametrize(
        ("status", "code"),
        [(429, "geocoder_quota"), (500, "geocoder_unavailable"), (502, "geocoder_unavailable")],
    )
    def test_a_broken_server_is_for_later(self, name: str, status: int, code: str, service: Vendor) -> None:
        service.answers(b"<html>oops</html>", status=status)
        error = refusal(name, service)
        assert (type(error), error.code) == (RetryLater, code)

    @every
    def test_a_redirect_is_not_followed(self, name: str, service: Vendor) -> None:
        service.answers(b"", status=302, Location=f"{service.url}/elsewhere")
        assert isinstance(refusal(name, service), RetryLater)
        assert len(service.asked) == 1

    @every
    @pytest.mark.parametrize(
        "body",
        [b"", b"<html>maintenance</html>", b"[]", b"null", b'"ok"', b"{}", b"\xff\xfe{", b"[" * 100_000],
        ids=["empty", "html", "list", "null", "text", "no fields", "not utf-8", "nested"],
    )
    def test_an_answer_that_is_none_is_for_later(self, name: str, body: bytes, service: Vendor) -> None:
        service.answers(body)
        assert isinstance(refusal(name, service), RetryLater)

    @pytest.mark.parametrize(
        ("name", "changes"),
        [
            ("tencent", {"location": {"lng": None, "lat": 39.9}}),
            ("tencent", {"location": {"lng": 0, "lat": 0}}),
            ("tencent", {"location": {"lng": 39.98, "lat": 116.3}}),
            ("tencent", {"location": "116.3,39.9"}),
            ("amap", {"location": []}),
            ("amap", {"location": "116.48"}),
            ("amap", {"location": "nan,nan"}),
            ("amap", {"location": "39.99,116.48"}),
            ("tianditu", {"lon": "", "lat": ""}),
            ("tianditu", {"lon": "inf"}),
        ],
    )
    def test_a_place_that_is_none_is_never_a_point(
        self, name: str, changes: dict[str, Any], service: Vendor
    ) -> None:
        service.answers(changed(name, **changes))
        assert refusal(name, service).code == "geocoder_broken_answer"

    @every
    def test_an_endless_answer_is_cut_off(self, name: str, service: Vendor) -> None:
        service.answers(json.dumps(FOUND[name]).encode() + b" " * 1_100_000)
        assert refusal(name, service).code == "geocoder_broken_answer"

    @every
    def test_silence_ends_at_the_time_out(self, name: str, service: Vendor) -> None:
        service.silent = threading.Event()
        assert refusal(name, service).code == "geocoder_unreachable"

    @every
    def test_nobody_listening_is_for_later(self, name: str) -> None:
        assert refusal(name, Vendor(url="http://127.0.0.1:9")).code == "geocoder_unreachable"


class TestOffline:
    HALL = geo.Point(114.0579, 22.5431, geo.Datum.GCJ02)

    def test_the_gazetteer_is_exact_however_the_city_is_written(self) -> None:
        offline = OfflineGeocoder({"广东省深圳市福田区示例路1号": self.HALL})
        for address in ("深圳市福田区示例路1号", "福田区示例路 1号", "广东省深圳市福田区示例路1号"):
            found = offline.locate(address)
            assert (found.point, found.is_doubtful) == (self.HALL, False)

    def test_an_unknown_address_is_found_no_nearer_than_its_district(self) -> None:
        found = OfflineGeocoder().locate("深圳市南山区示例路9号")
        assert found.is_doubtful
        assert found.level == "区县"
        assert "地图上标定" in found.doubts[0]

    def test_a_road_named_after_a_district_is_not_the_district(self) -> None:
        there = OfflineGeocoder().locate("深圳市宝安区南山路9号").point
        assert there == OfflineGeocoder().locate("宝安区").point

    def test_what_is_not_in_the_city_is_not_found(self) -> None:
        with pytest.raises(AddressNotFound):
            OfflineGeocoder().locate("广州市天河区示例路9号")
        with pytest.raises(AddressNotFound):
            OfflineGeocoder().locate("南山区示例路9号", city=City("邯郸市", "1304"))

    def test_a_gazetteer_is_read_from_a_file(self, tmp_path: Path) -> None:
        file = tmp_path / "places.json"
        file.write_text(
            '{"福田区示例路1号": {"lng": 114.0579, "lat": 22.5431, "datum": "gcj02"}}', encoding="utf-8"
        )
        assert OfflineGeocoder.from_file(file).locate("福田区示例路1号").point == self.HALL

    @pytest.mark.parametrize(
        "content",
        [
            "[]",
            "7",
            '{"a": 1}',
            '{"a": {"lng": 114.0}}',
            '{"a": {"lng": 22.5, "lat": 114.0, "datum": "gcj02"}}',
        ],
    )
    def test_a_file_that_is_none_is_an_error(self, content: str, tmp_path: Path) -> None:
        file = tmp_path / "places.json"
        file.write_text(content)
        with pytest.raises(ValueError, match=r"places\.json"):
            OfflineGeocoder.from_file(file)


class TestChoice:
    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("offline", OfflineGeocoder),
            ("tencent", TencentGeocoder),
            ("amap", AmapGeocoder),
            ("tianditu", TiandituGeocoder),
        ],
    )
    def test_the_setting_names_the_adapter(self, name: str, kind: type) -> None:
        assert isinstance(make_geocoder(name, KEY), kind)

    @every
    def test_a_vendor_without_a_key_is_an_error_at_the_start(self, name: str) -> None:
        with pytest.raises(ValueError, match="DAKA_GEOCODER_KEY"):
            make_geocoder(name, "  ")

    def test_an_unknown_name_is_an_error_at_the_start(self) -> None:
        with pytest.raises(ValueError, match="nominatim"):
            make_geocoder("nominatim", KEY)
