"""English words that say nothing about the matter of a comment."""

from __future__ import annotations

_STOPWORD_LIST = """
a about above after again all almost already also although always am an and any anyone anything app
apps are aren't around as at be because been before being below between both but by can can't cannot
cant could couldn't did didn't didnt do does doesn't doesnt doing don't done dont down each either
else even ever every everyone everything few for from further get gets getting go goes going got had
hadn't has hasn't have haven't having he hello her here hers hey hi him his how however i i'd i'll
i'm i've if im in into is isn't isnt it it's its itself ive just know let link lot lots make makes
many may maybe me might more most much must my myself need needs never new no nor not nothing now of
off ok okay on once one ones only or other our ours out over own people please pls quite rather
really same say see seem seems shall she should so some someone something still such than thank
thanks that that's thats the their theirs them then there there's these they they're thing things
think this those though through thus time to together too try trying two under until up us use used
using very want wants was wasn't way we we're well were weren't what what's when where whether which
while who whole whom whose why will with within without won't wont would wouldn't yes yet you you're
your yours yourself
"""

STOPWORDS = frozenset(_STOPWORD_LIST.split())
