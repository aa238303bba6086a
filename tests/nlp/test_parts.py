"""Segmenter, lexicons, taxonomy, places, features: each by itself."""

import json
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.classify import Model, gate_grams
from nlp.corpus_files import read_corpus
from nlp.features import Reading, names, spans
from nlp.lexicons import LISTS, Lexicons
from nlp.normalise import Normal
from nlp.places import Places, normal_place, number
from nlp.placing import apart, same
from nlp.segment import Segmenter
from nlp.taxonomy import Taxonomy
from nlp.understander import reader
from nlp.understanding import Kind

READ = reader()
LEXICONS = Lexicons.load(lambda word: word)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60) | st.text("电梯坏了漏水3栋 \nabc", max_size=40))
def test_the_words_joined_are_the_text(text: str) -> None:
    reading = READ(text)
    assert "".join(reading.words) == reading.text


@settings(max_examples=100, deadline=None)
@given(st.text("电梯坏了漏水没人管3栋谁能帮我借个轮椅吗？！", max_size=30))
def test_hits_lie_in_the_text_and_do_not_overlap(text: str) -> None:
    reading = READ(text)
    end = 0
    for hit in reading.hits:
        assert reading.text[hit.start : hit.end] == hit.word
        assert hit.start >= end
        end = hit.end


@settings(max_examples=100, deadline=None)
@given(st.text("电梯坏了漏水没人管3栋谁能帮我借个轮椅吗着火快来人？！ ", max_size=30))
def test_spans_stand_for_features_that_are_named(text: str) -> None:
    reading = READ(text)
    known = {(block, name) for block, group in enumerate(names(reading)) for name in group}
    placed = {(block, name) for block, name, _ in spans(reading)}
    assert placed <= known
    assert {(block, name) for block, name in known if block < 2} <= placed


def test_the_segmenter_never_touches_the_common_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert Segmenter(["微心愿"])("登记微心愿") == ["登记", "微心愿"]
    assert not list(tmp_path.iterdir())


def test_lexicon_files_have_three_columns_and_known_codes() -> None:
    taxonomy = Taxonomy.load()
    for name in LISTS:
        text = files("nlp").joinpath("lexicons", f"{name}.tsv").read_text(encoding="utf-8")
        assert text.startswith("# ")
        for line in text.splitlines():
            if line and not line.startswith("#"):
                _, codes, words = line.split("\t")
                assert words.split()
                if name in ("things", "faults", "needs", "parties", "emergencies"):
                    assert all(code == "-" or code in taxonomy for code in codes.split())


def test_the_taxonomy_has_the_kinds_of_the_interface() -> None:
    taxonomy = Taxonomy.load()
    assert len(taxonomy.codes(Kind.WISH)) == 10
    assert len(taxonomy.codes(Kind.COMPLAINT)) == 19
    assert len(taxonomy.codes(Kind.DISPUTE)) == 14
    assert taxonomy.kind("lift") is Kind.COMPLAINT
    assert taxonomy["lift"].name == "电梯"
    found = taxonomy.find("电梯")
    assert found is not None
    assert found.code == "lift"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("三栋二单元电梯坏了", "3栋2单元"),
        ("阳光花园5座的灯不亮", "阳光花园5座"),
        ("村口小卖部门口路灯坏了", "村口小卖部门口"),
        ("二楼楼梯口全是垃圾", "2楼楼梯口"),
        ("十二号楼漏水", "12号楼"),
        ("南门的道闸坏了", "南门"),
        ("b栋大堂漏水", "B栋大堂"),
        ("9栋101厨房反水", "9栋101"),
        ("3栋楼道灯坏了", "3栋楼道"),
        ("3栋楼下有垃圾", "3栋楼下"),
        ("3栋楼电梯坏了", "3栋"),
        ("3栋2单元楼道", "3栋2单元楼道"),
        ("银行门口有坑", "银行门口"),
        ("小公园路灯不亮", "小公园"),
        ("沿河街37号没人管", "沿河街37号"),
        ("文昌路那排小饭馆占道", "文昌路"),
        ("北村这边天天跳闸", "北村"),
        ("后山组全部停电", "后山组"),
        ("东胡同口路灯瞎了", "东胡同口"),
        ("福泽园物业挪用维修基金", "福泽园"),
        ("写字楼门口占满了人行道", "写字楼门口"),
        ("摊子堵在信用社台阶", "信用社台阶"),
        ("县二中侧门油炸摊", "县二中侧门"),
        ("急诊路口撞了", "急诊路口"),
        ("安置楼2单元有人拍门", "安置楼2单元"),
        ("云杉苑12栋顶楼私搭", "云杉苑12栋顶楼"),
        ("城中村三巷的窗户", "城中村3巷"),
        ("盒饭送到住院部七楼", "住院部7楼"),
        ("呕吐物在一楼大厅", "1楼大厅"),
        ("七号楼底下谁泼脏水", "7号楼底下"),
        ("三洞电梯坏了", "3栋"),
        ("二楼梯口全是垃圾", "2楼楼梯口"),
        ("302的阿婆没出门", "302"),
        ("后天九点政府大院", "政府大院"),
        ("市锦绣江南小区管网旧", "锦绣江南小区"),
        ("铁路工人新村四十六户", "铁路工人新村"),
        ("开公司接小区保洁", None),
        ("咨询老旧小区加装电梯", None),
        ("我们一栋楼都停水", None),
        ("走路都没地方走", None),
        ("500块押金不退", None),
        ("地上一层冰", None),
        ("一家一楼都堵了", None),
        ("买菜走后门", None),
        ("我家有两栋房子", None),
        ("12号要交水费", None),
        ("电梯又坏了", None),
        ("学校不管", None),
    ],
)
def test_places(text: str, place: str | None) -> None:
    assert Places(LEXICONS)(READ(text)) == place


@pytest.mark.parametrize("piece", ["一", "东", "里", "路街巷村", "一楼", "小区门口", "a1-", "3栋", "北路", "口口楼"])
def test_a_long_line_of_pieces_takes_no_long_time(piece: str) -> None:
    reading = READ((piece * 2000)[:2000])
    places = Places(LEXICONS)
    start = perf_counter()
    places.may_name(reading.text)
    places(reading)
    assert perf_counter() - start < 1


def test_nearly_every_labelled_place_of_the_corpus_fits() -> None:
    places, exact, fitting, named, extra, bare = Places(LEXICONS), 0, 0, 0, 0, 0
    for line in read_corpus(splits=("dev",)):
        if not line.matters:
            continue
        found = places(READ(line.text))
        if line.place is None:
            bare, extra = bare + 1, extra + (found is not None)
            continue
        place = normal_place(line.place)
        named, exact = named + 1, exact + (found == place)
        fitting += same(place, found)
    assert exact / named >= 0.65
    assert fitting / named >= 0.8
    assert extra / bare <= 0.07


@pytest.mark.parametrize(
    ("chinese", "value"), [("二", 2), ("十", 10), ("十二", 12), ("二十", 20), ("一百零八", 108), ("三二", 32)]
)
def test_numbers(chinese: str, value: int) -> None:
    assert number(chinese) == value


def test_a_normal_place_stays_as_it_is() -> None:
    for place in ("3栋2单元", "阳光花园5座", "村口小卖部", "2楼楼梯口"):
        assert normal_place(place) == place


def test_places_apart() -> None:
    assert apart("3栋", "5栋")
    assert apart("3栋1单元", "3栋2单元")
    assert apart("南门", "北门")
    assert apart("1栋", "11栋")
    assert apart("学校门口", "超市门口")
    assert not apart("地下车库", "车库里头")
    assert not apart("3栋", "3栋2单元")
    assert not apart("3幢", "3号楼")
    assert not apart(None, "3栋")
    assert same("3栋", "3栋2单元")
    assert not same(None, "3栋")


def test_the_model_file_matches_its_description() -> None:
    folder = files("nlp").joinpath("model")
    meta = json.loads(folder.joinpath("model.json").read_text(encoding="utf-8"))
    weights = folder.joinpath("weights.npz").read_bytes()
    assert meta["sha256"] == sha256(weights).hexdigest()
    assert len(weights) < 3_200_000
    model = Model.load()
    assert set(model.needs) == set(Taxonomy.load().codes(Kind.WISH, Kind.COMPLAINT, Kind.DISPUTE))
    assert set(model.nones) <= set(Taxonomy.load().codes(Kind.NONE))
    cut = model.thresholds
    assert 0 < cut.ask < cut.act < 1
    assert len(cut.centre) == len(cut.spread) == 8
    assert len(cut.slope) == 8 + 8 * 9 // 2


def test_the_first_score_sees_n_grams_with_their_ends() -> None:
    assert gate_grams("漏水", 3) == {"^", "漏", "水", "$", "^漏", "漏水", "水$", "^漏水", "漏水$"}


def test_a_reading_without_words_scores_like_chat() -> None:
    scores = Model.load()(Reading(Normal("", ""), (), ()))
    assert scores.score < 0.5
