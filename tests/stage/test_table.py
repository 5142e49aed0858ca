"""The demo's table in every window, and its keys."""

from __future__ import annotations

import re
import unittest

import fixture  # noqa: F401
from keys import keys_in
from mesh import Cell, Header
from places import PLACES, REGIONS, distance_km, simulated_rtt_ms
from table import ASCII, UNICODE, Table, View
from text import Painter, cut, fit, length, plain, wrap

SENTENCES = [f"{n}:00 sentence number {n} that goes on for quite a while, to be wrapped at 80"
             for n in range(9)]


def view(table: Table, width: int) -> View:
    slots = table.slots(width, PLACES, len(REGIONS))
    cells = {
        (place.id, region.id): Cell("accessible", 123.4, None, ["accessible"] * slots)
        for place in PLACES
        for region in REGIONS
    }
    cells["london", "eu"] = Cell("inaccessible", None, "timeout", ["inaccessible"] * slots)
    cells["tokyo", "us"] = Cell("unknown")
    headers = {region.id: Header("us", 1.0, "operational", "all 8 locations reach " + region.id)
               for region in REGIONS}
    headers["ap"] = Header()
    return View("1:05", PLACES, REGIONS, headers, cells, SENTENCES, "mosquitto_sub", "q quit",
                ("london", "eu"))


class TableTest(unittest.TestCase):
    def test_no_line_is_wider_and_no_frame_higher_than_the_window(self) -> None:
        table = Table(UNICODE)
        for width in (1, 20, 40, 79, 80, 100, 120, 250):
            for height in (1, 5, 23, 24, 40, 80):
                lines = table.draw(view(table, width), width, height)
                self.assertLessEqual(len(lines), height)
                self.assertLessEqual(max(length(line) for line in lines), max(20, width))

    def test_at_80_by_24_every_row_sentence_watch_line_and_key_is_there(self) -> None:
        table = Table(UNICODE)
        text = "\n".join(plain(line) for line in table.draw(view(table, 80), 80, 24))
        for place in PLACES:
            self.assertIn(f"\n{place.id} ", text)
        for wanted in ("number 8", "q quit", "$ mosquitto_sub", "simulated", "all else is real",
                       "✗ timeout", "? unknown", "read from us", "no broker tells"):
            self.assertIn(wanted, text)

    def test_columns_stand_under_each_other_in_every_row(self) -> None:
        table = Table(ASCII)
        for width in (60, 80, 120, 200):
            rows = [plain(line) for line in table.draw(view(table, width), width, 40)]
            rows = [row for row in rows if row.split(" ")[0] in {p.id for p in PLACES}]
            starts = {tuple(i for i, c in enumerate(row) if c in "+?X" and row[i + 1] == " "
                            and row[i - 1] == " ") for row in rows}
            self.assertEqual(len(starts), 1, rows)

    def test_in_a_low_window_the_keys_stay(self) -> None:
        table = Table(UNICODE)
        text = "\n".join(plain(line) for line in table.draw(view(table, 80), 80, 19))
        self.assertIn("sydney", text)
        self.assertIn("q quit", text)

    def test_at_120_columns_states_are_words_and_bars_have_20_slots(self) -> None:
        table = Table(UNICODE)
        text = "\n".join(plain(line) for line in table.draw(view(table, 130), 130, 40))
        self.assertIn("✗ inaccessible", text)
        self.assertGreaterEqual(table.slots(120, PLACES, len(REGIONS)), 18)

    def test_ascii_is_ascii(self) -> None:
        table = Table(ASCII)
        for line in table.draw(view(table, 80), 80, 24):
            self.assertTrue(plain(line).isascii(), plain(line))

    def test_without_colour_no_colour_is_painted(self) -> None:
        painted = Painter(has_colour=False).paint([("red bold", "x"), ("green", "y")])
        self.assertEqual(painted, "\x1b[1mx\x1b[0my")

    def test_painting_changes_no_text(self) -> None:
        table = Table(UNICODE)
        for line in table.draw(view(table, 80), 80, 24):
            painted = re.sub("\x1b\\[[0-9;]*m", "", Painter().paint(line))
            self.assertEqual(painted, plain(line))


class TextTest(unittest.TestCase):
    def test_cut_and_fit_count_columns(self) -> None:
        self.assertEqual(plain(cut([("", "abc"), ("red", "def")], 4)), "abcd")
        self.assertEqual(plain(fit([("", "abc")], 5)), "abc  ")

    def test_wrap_says_that_it_cut(self) -> None:
        self.assertEqual(wrap("one two three four", 9, 2), ["one two", "three..."])


class KeysTest(unittest.TestCase):
    def test_letters_and_arrows_in_one_read(self) -> None:
        self.assertEqual(keys_in(b"\x1b[AF\x1bOD\tq\xff"), ["up", "f", "left", "tab", "q"])


class PlacesTest(unittest.TestCase):
    def test_distances_are_the_great_circles(self) -> None:
        by_id = {place.id: place for place in PLACES}
        frankfurt, virginia, singapore = REGIONS
        self.assertAlmostEqual(distance_km(by_id["london"], frankfurt), 638, delta=5)
        self.assertAlmostEqual(distance_km(by_id["sydney"], singapore), 6300, delta=20)
        self.assertAlmostEqual(simulated_rtt_ms(by_id["london"], virginia), 51.4, delta=0.5)


if __name__ == "__main__":
    unittest.main()
