"""What the service answers."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from hello.__main__ import answer


class Answers(unittest.TestCase):
    """One test a path."""

    def test_is_healthy(self):
        """The health path answers 200."""
        self.assertEqual(answer("/healthz")[0], 200)

    def test_says_hello(self):
        """The first page is JSON with a greeting."""
        self.assertIn("hello", json.loads(answer("/")[2]))

    def test_knows_nothing_else(self):
        """Other paths are not found."""
        self.assertEqual(answer("/nowhere")[0], 404)


if __name__ == "__main__":
    unittest.main()
