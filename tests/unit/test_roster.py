"""Who is who: names in two alphabets and many spellings, addresses, numbers; in doubt nobody."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.collecting.roster import Roster, Sender, Student, UnknownSenderError, fold, words

STUDENTS = (
    Student("alex", "Александр", "Соловьёв", "alex@uni.example"),
    Student("dmitri", "Дмитрий", "Щербаков"),
    Student("nat", "Наталья", "Цветаева", "nat@uni.example", "77"),
    Student("evg", "Евгений", "Жуков"),
    Student("lena", "Елена", "Жукова"),
    Student("li", "Xiao", "Li"),
)
ROSTER = Roster(STUDENTS)


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("Соловьев Александр", "alex"), ("Alexander Solovyov", "alex"), ("Solovev, Aleksandr", "alex"),
        ("SOLOVIEV ALEXANDR", "alex"), ("Dmitry Shcherbakov", "dmitri"), ("Dmitrii Scherbakov", "dmitri"),
        ("Natalia Tsvetaeva", "nat"), ("Natalya Cvetaeva", "nat"), ("Yevgeny Zhukov", "evg"),
        ("Evgenii Zhukov", "evg"), ("Yelena Zhukova", "lena"), ("Жукова Елена Петровна", "lena"),
        ("solovyevaleksandr", "alex"), ("xiaoli", "li"), ("Li Xiao", "li"),
    ],
)  # fmt: skip
def test_spellings_of_a_name_are_one(name: str, student: str) -> None:
    found, how = ROSTER.find(Sender(name=name))
    assert (found.id, how) == (student, "name")


@pytest.mark.parametrize(
    "name", ["", "Жуков", "Zhukov Ivan", "E. Zhukov", "Alexander", "1234", "Жуковаевгений"]
)
def test_a_part_of_a_name_or_another_name_is_nobody(name: str) -> None:
    with pytest.raises(UnknownSenderError):
        ROSTER.find(Sender(name=name))


def test_an_address_a_number_and_an_id_are_surer_than_a_name() -> None:
    assert ROSTER.find(Sender(name="Natasha", address="NAT@uni.example"))[0].id == "nat"
    assert ROSTER.find(Sender(name="?", lms_user_id="77"))[0].id == "nat"
    assert ROSTER.find(Sender(id="li"))[0].id == "li"
    with pytest.raises(UnknownSenderError, match="that of evg, the address that of nat"):
        ROSTER.find(Sender(name="Жуков Евгений", address="nat@uni.example"))


def test_a_surname_alone_is_said_to_be_one() -> None:
    roster = Roster([*STUDENTS, Student("lena2", "Елена", "Жукова-Ли"), Student("anna", "Анна", "Жукова")])
    with pytest.raises(UnknownSenderError, match="Zhukova is the surname of 2 students: lena, anna"):
        roster.find(Sender(id="Zhukova"))
    with pytest.raises(UnknownSenderError, match="Жуков is the surname of one student: evg"):
        roster.find(Sender(name="Жуков"))
    with pytest.raises(UnknownSenderError, match="neither the name nor the address"):
        roster.find(Sender(name="Жуков Иван"))


def test_an_id_may_differ_by_capitals_where_one_student_has_it() -> None:
    assert ROSTER.find(Sender(id="Evg")) == (STUDENTS[3], "id")
    twins = Roster([Student("ann"), Student("Ann")])
    assert twins.find(Sender(id="Ann"))[0].id == "Ann"
    with pytest.raises(UnknownSenderError, match="2 ids differ from ANN by capitals only: ann, Ann"):
        twins.find(Sender(id="ANN"))


@settings(max_examples=200)
@given(name=st.text(max_size=60))
def test_no_text_breaks_the_comparison(name: str) -> None:
    assert all(fold(word).isascii() for word in words(name))
    with contextlib.suppress(UnknownSenderError):
        assert ROSTER.find(Sender(name=name, address=name))[0] in STUDENTS


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_columns_may_be_in_any_order_with_any_separator(tmp_path: Path, separator: str) -> None:
    rows = (("Email", "Last Name", "ID", "group", "First name"), ("a@b.example", "Цой", "tsoy", "7", "Юлия"))
    (tmp_path / "roster.csv").write_text("\ufeff" + "\n".join(map(separator.join, rows)), encoding="utf-8")
    assert Roster.read(tmp_path / "roster.csv").students == {
        "tsoy": Student("tsoy", "Юлия", "Цой", "a@b.example")
    }
