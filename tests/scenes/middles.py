"""What the kept middles of themes must be, worked out from the comments without the database's
help."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest

from classifiers.middle import MIDDLE_COMMENTS
from tests.scenes.forum import Forum


async def check_middles(forum: Forum) -> None:
    """Every theme with comments that are read has the mean of its latest ones, and no other has
    one."""
    rows = await forum.rows(
        """
        select c.theme_id, e.model, e.embedding from comment c join comment_embedding e on e.comment_id = c.id
        where c.theme_id is not null and c.deleted_at is null order by c.created_at desc, c.id desc
        """
    )
    themes: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        if len(themes[row["theme_id"]]) < MIDDLE_COMMENTS:
            themes[row["theme_id"]].append(
                (row["model"], row["embedding"].to_numpy().astype("float32"))
            )
    kept = {row["theme_id"]: row for row in await forum.rows("select * from theme_middle")}
    assert kept.keys() == themes.keys()
    for theme_id, comments in themes.items():
        counts = Counter(model for model, _ in comments)
        model = min(counts, key=lambda each: (-counts[each], each))
        middle = np.mean([vector for each, vector in comments if each == model], axis=0)
        assert (kept[theme_id]["model"], kept[theme_id]["comments"]) == (model, counts[model])
        assert kept[theme_id]["middle"].to_numpy() == pytest.approx(middle, abs=1e-3)
