"""The phrases people put around what they mean, in English; titles go without them."""

from __future__ import annotations

import re

SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+|(?<=[。！？])|\n+")

_I_HAVE = r"i(?:'ve|’ve| have| am|'m|’m|'d|’d| would)?"
_TELL_WORDS = (
    r"say|report|ask|mention|add|share|suggest|request|propose|point out|let you(?: guys)? know"
    r"|inform you"
)
_DASH = r"-(?!\w)"
"""Not the one within a word: *all-day*, *same-site*."""
_OPENINGS = (
    # Greetings and calls, with the name that follows them.
    r"(?:hi|hiya|hello|hey|dear|greetings|good (?:morning|afternoon|evening|day))\b(?!-\w)"
    r"(?:[ ]+(?:there|all|everyone|everybody|folks|guys|team|support|devs?|developers?|sir|madam"
    r"|again|friends|people|[A-Z][a-z]+(?=\s*[,!:.])))*[ ,.!:-]*",
    rf"(?:guys|folks|team|devs|everyone|everybody|all)\b\s*(?:[,!:]|{_DASH})+",
    r"(?:so|well|btw|by the way|also|yes|yep|yeah|yup|oh|ah|um+|hmm+|lol|ugh|argh"
    r"|omg|wow|dude|sigh"
    r"|fyi|psa|heads up|tl;?dr|imo|imho|tbh|honestly|seriously|basically|apparently|actually"
    r"|unfortunately|sadly"
    r"|however|anyway|and|but|first of all|for (?:what it'?s worth|the record)"
    r"|just|sorry(?: for [^,.;:]{1,30}?(?=,| but\b))?(?:,? but)?)"
    rf"(?:\s*(?:[,!:.…]|{_DASH})+|\s)\s*",
    # Before a blank these belong to what is said: *no sound*, *plus sign*, *man page*.
    rf"(?:no|nope|still|plus|again|ok|okay|man|related)\s*(?:[,!:.…]|{_DASH})+\s*",
    r"(?:thanks|thank you|thx|cheers)(?: (?:so much|a lot|in advance"
    r"|for [^,.!]{1,40}))?\s*[,.!:-]+(?: but)?",
    # Labels.
    r"(?:bug(?: report)?|feature(?: request| idea| suggestion| wish)?|request|suggestion|idea"
    r"|question"
    r"|issue|problem|feedback"
    r"|wish(?:list)?|proposal|enhancement|edit|update|title|summary|description|context|repro"
    r"|steps|expected|actual|help|urgent|regression|rfe?|fr|ux|ui|p[0-4])\s*(?:\d+\s*)?"
    rf"(?:[:–—|]|{_DASH})+\s*",
    r"(?:my |one |a )?(?:only |biggest |main |small |quick )?"
    r"(?:feature request|suggestion|idea|wish|complaint|question"
    r"|problem|issue|gripe|request)(?: (?:is|here|would be)(?: that)?)\s*[,:]?\s+",
    # When it began.
    r"(?:ever )?(?:since|after|with|in)(?: (?:i|we) (?:installed|got|made|did))? "
    r"(?:the|my|your|this|today'?s|yesterday'?s)"
    r"(?: (?:last|latest|newest|new|recent|most recent))* "
    r"(?:update|upgrade|release|version|patch|build)"
    r"(?: (?:yesterday|today|last (?:week|night)))?\s*,?\s+(?=\S+ \S+)",
    r"(?:since|as of|starting) (?:yesterday|today|this morning|last (?:week|night|month)"
    r"|\w+day)\s*,?\s+(?=\S+ \S+)",
    # How somebody came to say it.
    rf"{_I_HAVE}(?: just| also| recently| only)? (?:noticed|found(?: out)?|discovered|realised"
    rf"|realized|saw|see|experienced|notice|noticing|seeing|finding)(?: out)?(?: that)?\s+",
    rf"{_I_HAVE}(?: just| only)? (?:want(?:ed)?|like|wish|writing)(?: to|ing to)? (?:{_TELL_WORDS})"
    r"(?: that| if| whether)?\s*:?\s+",
    r"i (?:think|believe|guess|feel|suppose|assume|hope|fear|know|understand)(?: that| like)?\s+"
    r"(?=\S+ \S+)",
    r"(?:it |this )?(?:seems|looks|appears|feels|sounds)(?: to me)?"
    r" (?:that|like|as if|as though)\s+",
    r"i mean,?\s+(?=\S+ \S+)",
    r"(?:is it (?:just|only) me,? or|not sure (?:if|whether|why)(?: it'?s (?:just|only) me)?,?"
    r"(?: but)?|it'?s (?:just )?that)\s+",
    r"(?:does |is |has |did )?any(?:one|body)(?: else(?:['’]?s)?)?(?: here)?"
    r"(?: (?:is|are|have|having|has|had|get|getting|seeing|see"
    r"|noticed?|noticing|experienc(?:e|ing)|run(?:ning)? into))*(?: (?:issues?|problems?"
    r"|trouble) with)?(?: that)?\s+(?=\S+ \S+)",
    r"\+\d+(?: from \w+(?: \w+)?)? (?=for|on|to)(?:for|on|to)\s+",
    r"am i the only one (?:who|whose|for whom|that|where|having|with)\s+",
    r"(?:same|me too|this|agreed|confirmed|ditto|seconded|\+1|\+\d)"
    r"(?: here| for me| with me| too| as well)*"
    rf"(?:\s*(?:[,:.!–—]|{_DASH})+\s*|\s+(?=(?:for|on|with|to)\b)(?:for|to)?\s*)",
    r"(?:(?:i )?(?:really )?(?:love|like|enjoy|adore)"
    r"|(?:great|good|nice|amazing|awesome|lovely|fantastic|wonderful))"
    r"[^,.;]{0,40}[,;]?\s*(?:but|except that|except)\s+(?=\S+ \S+ \S+)",
    # How somebody asks for it.
    r"(?:please|pls|plz|kindly)\s*,?\s*(?:(?:can|could|would|will) (?:you|we)\s+)?(?:please\s+)?"
    r"(?:fix:?\s+(?=the\b))?",
    r"(?:can|could|would|will) (?:you|we|u)(?: guys| all)?(?: please| pls| kindly| maybe| perhaps)?"
    r"(?: (?:have|get|see|consider(?: adding)?|think about(?: adding)?|look into|just))?\s+",
    r"(?:please |pls )?(?:consider|think about)\s+(?=adding|making|supporting|allowing)",
    r"(?:(?:it|that|this)(?:'d|’d| would| might| could)? )?(?:would )?(?:really )?be "
    r"(?:really |very |so |super )?"
    r"(?:nice|great|cool|awesome|good|lovely|killer|helpful|useful|amazing|handy|fantastic"
    r"|perfect|ideal|wonderful|better|humane)"
    r"(?:,? (?:if|to|when)(?: (?:we|you|i|one|users|there|it)\b)?"
    r"(?: (?:could|can|would|was|were|had))?(?: (?:have|get|see|be able to))?)\s+",
    rf"(?:{_I_HAVE} )?(?:would|'d|’d)?\s*(?:really |also |absolutely )*"
    rf"(?:love|like|appreciate|want|need|wish)"
    r"(?: (?:to (?:have|see|get)|to be able to|it if|for|there (?:was|were)"
    r"|(?:i|we|you|it) (?:could|had|would)))+\s+",
    r"i (?:really )?wish(?: that)?(?: (?:there (?:was|were)"
    r"|(?:i|we|you|it) (?:could|had|would(?: have)?)))?\s+",
    r"(?:i'?d|i would|we'?d|we would) (?:really |also )?(?:love|like)(?: to)?\s+",
    r"(?:is|are|will|would) there (?:be )?(?=(?:an?|any|some)\b)",
    r"any (?:chance|way|plans?|news|update|eta)"
    r"(?: (?:of|on|for|to|that|you|we|could|can|get|getting|have|having|see"
    r"|seeing|about))*\s+(?=\S+)",
    r"(?:how|what) about(?: adding| having)?\s+",
    r"(?:vote|voting|upvote|upvoting|here) (?:for|to ask for)\s+",
)
TITLE_OPENING = re.compile(rf"^(?:{'|'.join(_OPENINGS)})", re.IGNORECASE)

TITLE_CLOSING = re.compile(
    r"(?:[\s,.!?;:…-]+(?:please(?: fix(?: (?:this|it|that|asap))*)?|pls|plz"
    r"|thanks(?: (?:a lot|in advance|so much))?"
    r"|thank you(?: (?:so much|in advance))?|thx|cheers|lol|haha+|imo|imho|tbh|smh|ffs|wtf|asap"
    r"|tho|or (?:is it just me|what)|guys|folks|i guess|i think)"
    # After a blank alone these belong to the sentence: *aligned right*, *is of no help*.
    r"|\s*[,.!?;:…](?:\s|-)*(?:right|though|(?:any|an?) (?:idea|ideas|fix|help|news|update|eta)"
    r"(?: (?:please|on this))?|help|(?:is )?(?:it|that|this) (?:just me|normal)|anyone(?: else)?"
    r"|you know|sigh|ugh|same here|for me|for us))+[\s.!?…]*$",
    re.IGNORECASE,
)

TITLE_VERSION = re.compile(
    r"^[^:\n]{0,30}\d+\.\d+[^:\n]{0,30}:\s+"
    r"|^(?:v(?:ersion)?\.?\s?\d+(?:\.\d+)*|\d+\.\d+(?:\.\d+)*)\s*(?:[:–—|,]|-(?!\w))\s*",
    re.IGNORECASE,
)
"""A label in front, such as *v3.2.1:*; within the sentence a version belongs to what is said."""

TEMPLATE_LINE = re.compile(
    r"^[\s#*_]*(?:describe the (?:bug|problem|issue|feature)|(?:steps )?to reproduce"
    r"|steps to reproduce.*|(?:expected|actual|current)"
    r" (?:behaviou?r|result)s?|what happened|additional (?:context|information)|environment"
    r"|screenshots?|system info\w*"
    r"|possible (?:fix|solution)|is your feature request related.*|describe the solution.*|os"
    r"|browser|version|device"
    r"|example|logs?|traceback.*|repro|prerequisites|checklist|\[[ x]\].*)[\s:*_?]*$",
    re.IGNORECASE,
)

ANAPHORA = re.compile(
    r"^(?:it|its|it's|it’s|this|that|that's|that’s|these|those|they|them|he|she|his|her|their"
    r"|which|so|then|there|here"
    r"|mine|same|too|either|neither|both|because|or|and|but|not|still|even|only|if|as|like|until"
    r"|only|exactly|me|such|another|other|others|otherwise|instead|now|today|yesterday)\b",
    re.IGNORECASE,
)

_DANGLING = """
a about after all also although am an and any are as at be because been before but by can can't
cannot could despite did do does don't each either even every except for from had has have how i i'm
if in into is it it's its just like may might more most my never no nor not of on only onto or our
out over per really should since so some still than that that's the their then there these they this
those though through to too under unless until up upon very via was we were what when whenever where
whether which while who whose why will with without would you your
"""
DANGLING_WORDS = frozenset(_DANGLING.split())
_PARTICLES = "in on up out over about under through still all it them this that me you"
PARTICLE_WORDS = frozenset(_PARTICLES.split())
"""Words that may end a clause, though not a piece of one: *zoom in*, *I need it*."""

_GENERIC = """
add agre amaz annoy annoying ask awesom awful bad best broken bug bugs confirm cool count critical
day ditto error ever everyon featur feature feedback fix fixes fun general good great guy haha
happen hate hello help hey hi horribl idea important issu issue issues lik lol love month need nice
omg opinion opinions perfect pleas please plu problem problems product program question questions
quick report request review reviews sam show sign software someth stuff suck sucks suggest
suggestion terrible test testing thing things thought thoughts ticket titl today tomorrow topic
trouble updat update updates urgent versio version week weird wish work working worst wow wtf year
yesterday
"""
GENERIC_WORDS = frozenset(_GENERIC.split())
"""Stemmed or not: words that a title cannot consist of alone."""

_ACRONYMS = """
AI API APK AWS BIOS CD CI CLI CPU CRM CSS CSV DNS DOM EPUB ESC ETA EU FAQ FPS GB GDPR GIF GPS GPU
HDMI HEIC HTML HTTP HTTPS IDE IMAP IP JPEG JPG JS JSON KB LAN LDAP LTE MB MD MFA NFC NPM OCR OIDC OK
OS OTP PC PDF PHP PIN PNG POS PR PWA QR RAM REST RSS RTF SAML SD SDK SMS SMTP SQL SSD SSH SSL SSO
SVG TB TLS TV UI URL US USB UTF UX VAT VM VPN VR WIFI XLS XLSX XML YAML ZIP
"""
TITLE_ACRONYMS = frozenset(_ACRONYMS.split())
