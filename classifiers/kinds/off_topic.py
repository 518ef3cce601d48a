"""Talk that is recognisably about something else, without knowing the thread: each sort by its own
stated reason.

Two signs have to meet (what is offered, and a call to come and get it), or the whole text is
covered; any word of trouble, wish or question speaks for the writer. What is left over is judged by
the model.
"""

# ruff: noqa: E501 - a pattern on one line is easier to read than one folded in the middle.
from __future__ import annotations

import re
from collections.abc import Collection

MOST = 600
"""Characters of a text that is looked at: who writes more than this has something to say."""
_SPEAKS = re.compile(
    r"\?|\b(?:crash\w*|bugs?|buggy|glitch\w*|errors?|fail\w*|broken?|breaks?|wrong|stuck|missing|lost|fix\w*|issues?|problems?|reject\w*|invalid|empty|blank|expire\w*"
    r"|cannot|can'?t|won'?t|(?:does|did|is|are|was|were|has|have|had|could|would|should)n'?t|not (?:work\w*|show\w*|load\w*|able)|no longer|unable|why|how (?:do|can|to)"
    r"|wish|would (?:be|like|help|love to|pay)|(?:please|pls|could you|can you|let us|let me|should|need(?:s|ed)? (?:to|an?)|must|ability to|option to)\s+(?:add|allow|let|make|support|show|have|be|include|implement|filter|hide)"
    r"|feature|slow\w*|freez\w*|laggy|refund\w*|stopp?(?:s|ed)|gone|disappear\w*|twice|instead of|after (?:the|my|last|latest) (?:\w+ )?update|since (?:the|my|last|yesterday|\d)"
    r"|but|although|though|however|whenever|every ?time|sometimes|(?:when|if) (?:i|we|it)|shows?|showing|shown|displays?|overlap\w*|covers?|cut off|hidden|jumps?|flicker\w*|blurr?\w*|cropped|duplicat\w*|unreadable|late|wobbl\w*"
    r"|vanish\w*|drops|dropped|drifts?|ignores|too (?:small|big|slow|long|dark|expensive|many|much|few)|costs? (?:more|less|twice)|charged|button|api|sdk|csv|upload(?:s|ed|ing)|export\w*|import\w*|sync\w*|40[34])\b",
    re.I,
)
_USES = re.compile(
    r"\b(?:this app|the app|(?:saves?|saved) (?:me|us)|thanks to (?:this|you|the)|works (?:great|well|fine|perfectly)|love (?:it|this|how|that)|(?:perfect|great) for me|(?:in|within) (?:seconds|minutes)|with (?:this|it)\b(?! (?:code|link)))\b",
    re.I,
)
"""Who says what the thing at hand did for them does not only advertise."""
_CALLS = re.compile(
    r"(?:\b(?:dm|pm|message|text|contact|email|write|hit|reach|inbox|call|whatsapp) (?:me|us|him|her)\b|\b(?:my|our) inbox\b|\badd me\b|\bget in touch\b|\bhit me up\b"
    r"|\b(?:apply|enrol+|order|book|register) (?:now|here|today|via|below|at)\b|\bsend me a (?:message|dm|pm)\b|\bdm for\b|\b[dp]m\W*$|\bsend (?:in |me |us )?(?:your|their|a) (?:cv|r[eé]sum[eé]|portfolio|application)\b|\b(?:in|on) (?:my )?bio\b|\blink\b"
    r"|\bpick ?-?up\b|\bcan ship\b|\bshipping\b|\b(?:or )?best offer\b|\bobo\b|\bpaypal\b|\bface value\b|\bfast delivery\b|\btrusted seller\b|\bfirst come\b"
    r"|\b(?:best|lowest|good|cheap) prices?\b|\bprice list\b|\bgood money\b|\bminimum order\b)",
    re.I,
)
_MONEY = re.compile(
    r"[$€£]\s?\d|\b\d[\d.,]*\s?(?:k|usd|eur|euros?|dollars?|quid|pounds|bucks|[$€£])(?!\w)", re.I
)
_TERMS = re.compile(
    r"\b(?:remote|contract|permanent|position|visa|(?:full|part)[- ]time|weekly pay|per hour)\b",
    re.I,
)
_JOB = re.compile(
    r"^\W*(?:\[?(?:for )?hir(?:ing|e)\]?\W|(?:we(?:'re| are) |now )hiring\b|recruiting:|vacancy:|job (?:offer|opening|posting):)"
    r"|\b(?:our|my) (?:company|agency|startup|start-up|team|studio|firm) (?:is|are) (?:hiring|recruiting|looking for (?:an? )?(?:[\w-]+ ){0,3}(?:developer|designer|engineer|manager|intern|writer|artist|tester|analyst|assistant)s?)\b"
    r"|\b(?:looking|available|open) (?:for|to) (?:freelance |contract |remote )?(?:work|gigs|commissions|new clients)\b(?! (?:orders?|items?|streams?|days?|hours?|on|at|from|in|with)\b)|\blooking for (?:an? )?(?:job|position|internship) as\b"
    r"|\bi(?:'m| am) an? (?:[\w-]+ ){0,3}(?=.*\b(?:available|for hire|looking for|my (?:portfolio|rates?|work|services)|[dp]m|clients)\b)(?:freelanc\w+|freelance (?:[\w-]+ ){1,3}|developer available|designer available)\b|^\W*freelance \w+.{0,40}\bclients\b"
    r"|\bcompetitive salary\b|\bsalary (?:of )?[$€£]?\d|\bno experience (?:required|needed)\b|\bseeking an? (?:co-?founder|business partner|investor)\b"
    r"|\b(?:has|have) an? (?:opening|vacancy|open position) for\b|\binterested candidates\b",
    re.I,
)
_DOES = r"(?:does|do|gives?|takes?|takes away|costs?|is|are|was|were|makes?|leaves|adds|removes|eats|gets|works?|returns?|resets?|deletes?|opens?|closes?|only|nothing|never|always|still|in (?:the |this )?(?:shop|store|game|app|menu|market))"
"""Who writes "buying gold does nothing" tells what the product does; an advertisement has no such
verb."""
_SALE = re.compile(
    rf"^\W*(?:(?:i'?m |we'?re )?(?:selling|buying|trading) (?!.*\b{_DOES}\b)(?!(?:an?|items?|things|stuff|on|in|the|with|via|should|seats?|to|from|more)\b)|wholesale\b|price drop\b|spare tickets?\b|(?:up )?for sale(?:[:!,–-]| my\b| \d)|(?-i:FOR SALE)\b|wt[sbt]\b|iso\b|anyone want to buy\b|(?:flat|apartment|room|house) (?:for|to) (?:rent|let)\b"
    r"|(?:bulk|cheap|used) .{0,40}for sale\b|(?:\w+ ){1,3}looking for a new home\b|(?:i'?m )?giving away my (?!data|info|e-?mail|details|privacy|number))",
    re.I,
)
_WT = re.compile(r"^\W*WT[SBT]\b(?!.{0,20}\b(?:posts?|messages?|tags?|spam)\b)")
_PROMOTED = r"(?:(?:new|latest|first|own|little|small|free|youtube|twitch|discord|spotify|etsy|insta(?:gram)?|tik ?tok|patreon) ){0,3}(?:channel|page|blog|stream|twitch|tik ?tok|insta\w*|newsletter|podcast|music|band|song|track|album|single|mixtape|book|novel|course|shop|store|kickstarter|patreon|gofundme|petition|photo|discord|server|website|profile|portfolio|youtube)"
_PROMOTION = re.compile(
    rf"(?:^|[.!:;,\n]\s*|\b(?:please|pls|go|come|and|guys|to)\s+)(?:(?:like|share|follow|subscribe to|sub to|vote for|upvote|support|check(?: out)?|visit|join|back|sign up (?:for|to)|listen to|buy|look at|have a look at)(?:,? and | & )?){{1,2}} (?:out )?(?:my|our) {_PROMOTED}\b(?! (?:screen|page|button|banner|pop-?up|dialog|opens?|is|are|while|speed|with)\b)"
    rf"|\b(?:my|our) {_PROMOTED}\b.{{0,60}}\b(?:is|are) (?:now |finally )?(?:out|live|up|on (?:amazon|spotify|itunes|bandcamp|steam)|available)\b"
    r"|\b(?:i|we)(?:'ve| have)? (?:just |finally )?(?:launched|released|published|dropped|started|opened|wrote|recorded) (?:a|an|my|our|on) .{0,40}(?:product hunt|channel|blog|newsletter|book|novel|course|podcast|track|song|album|single|mixtape|mobile game|etsy|shop|store)\b.{0,120}(?:\blink\b|out now|on (?:amazon|spotify|the (?:play|app) store)|give it a (?:listen|try|go|look)|your support|check it out)"
    r"|^\W*(?:shameless (?:self[- ]?)?(?:plug|promo\w*)|new (?:blog ?post|video|episode|single|album|track|mix|stream)\b.{0,100}(?:\blink\b|out now|is (?:out|up|live)))"
    r"|^\W*follow me (?:on|at|for (?:more|daily|tips|updates|follow|content))\b|\b(?:i'?m|we'?re) (?:live|streaming)\b.{0,60}(?:\blink\b|come (?:hang|say|watch|join))|\bcome hang out\b.{0,20}\blink\b|\btrying to (?:reach|hit|get to) \d[\d.,k]* (?:subs|subscribers|followers)\b",
    re.I,
)
_CHAIN = re.compile(
    r"(?<!can )(?<!to )(?<!could )\b(?:send|forward|pass|share) (?:this|it)(?: on)?(?: (?:message|post|video))? (?:to|with) (?:at least )?(?:\d+|all|every|your|five|seven|ten|twelve|fifteen|twenty)(?: of)?(?: your)? (?:friends?|people|persons|contacts?|groups?|others|girls|boys|mums|moms)\b|\b(?:send|forward|share) (?:this|it) (?:to|with) everyone you (?:love|know|care)\b"
    r"|\bforward (?:this )?to (?:all|everyone|every)\b(?=.{0,20}(?:contacts|friends|groups|[:!]))|\brepost (?:this )?(?:if|within)\b|(?:^|[.!]\s*)copy (?:and|&) paste (?:this|it|to be safe)\b|^\W*copy this (?:in)?to\b|\b(?:share|repost|like)\b.{0,20}\bfor (?:good )?luck\b|\bwill (?:have|bring) (?:you )?(?:bad |good )luck\b"
    r"|\b(?:type|say|comment) (?:amen|1|yes) (?:and|&) share\b|\b(?:type|say) amen\b|\bbreak the chain\b|\bi do not (?:give|authori[sz]e)\b.{0,40}\bpermission (?:to|for)\b.{0,20}\buse my\b|\bdon'?t forward this (?:message )?to\b|\btell all (?:parents|your friends)\b.{0,20}\bforward\b|\bwill repost this\b",
    re.I,
)
_BAIT = re.compile(
    r"\A(?=.*\b(?:giveaway|win|free|voucher|prize)\b)(?=.*\b(?:re-?tweet|tag (?:\d+|two|three|five|a|your) friends?|follow (?:us|me|@\w+),? (?:and|like|re)|like this post|share to your story|comment (?:done|below to)))"
    r"|\b(?:claim|grab|get) your (?:free )?(?:[\d.]+ )?(?:eth|btc|bitcoins?|air ?drop|prize|gift ?card|nfts?|tokens?)\b.{0,80}(?:\blink\b|\bnow\b|wallet|here)|\byou(?:'ve| have)? (?:been |are )?(?:selected|chosen) to (?:receive|win) (?:an?|the|your|free|[$€£\d])"
    r"|\b(?:join the presale|liquidity locked|\d+x gem|before it moons|crypto pump|mint is live|free nfts?)\b|\bturned [$€£]?\d[\d,.k]* into [$€£]?\d|\binvest [$€£]?\d[\d,.k]*\b.{0,30}\b(?:receive|get|earn|return|withdraw)\b"
    r"|\bdoubl(?:e|ing) (?:all|your|any) (?:bitcoin|btc|eth|crypto|money)|\b(?:drop|comment|post) your wallet\b|\bpassive income\b.{0,60}(?:\blink\b|from home|(?:a|per) day)|\b(?:trading|forex|crypto|investment|bitcoin) (?:mentor|expert|coach|signals?|manager|vip group)\b.{0,60}\b(?:changed my life|telegram|whatsapp|join|contact|dm|thanks to|reach|link)\b|\b(?:earn|make|making|made|i withdraw) [$€£]?\d[\d,.k]* ?[$€£]?(?: dollars| euros)? ?(?:a|per|each|every|last|/) ?(?:day|week|month|hour)\b.{0,60}(?:from home|ask me how|\bdm\b|\blink\b|profile|simple trick|whatsapp|telegram|\bhim\b|\bher\b)"
    r"|(?:\b\d+|\bseo) backlinks\b.{0,60}(?:\$|€|\bcheap|\brates?\b|\bdm\b|profile)|\b\d{1,2} ?% off\b.{0,60}(?:\bbio\b|\bdm\b|\btoday only\b|\bonly today\b)|\b(?:verified|5[- ]star|positive) reviews\b.{0,20}\bcheap\b|\bis giving away \d[\d,.]* ?(?:btc|eth|bitcoin)",
    re.I | re.S,
)
_NAME = r"@?(?!(?:i|we|he|she|they|you|it|someone|somebody|anyone|nobody|everyone|who|when|if|after|people|my|our|the|a|an|this|bot|app|bug|error|crash|glitch)\b)[\w.\-]{1,40}(?: (?!(?:i|we|he|she|they|and|or|but)\b)[\w.\-]{1,30}){0,2}"
_PLACE = (
    r"(?:channel|server|group|chat|room|team|party|conversation|meeting|call|workspace|community)"
)
_AUTOMATIC = re.compile(
    rf"\W*(?:(?:system|bot|info)\W{{1,3}})?(?:{_NAME} (?:(?:has |just |was )?(?:joined|left|added to|removed from|invited to) (?:the |this |your )?{_PLACE}(?: (?:via|by|using) .{{1,40}})?|(?:was|has been) (?:added|removed|invited) by {_NAME}"
    rf"|(?:has )?pinned a message(?: to this {_PLACE})?|(?:has )?(?:renamed|archived|created|muted) (?:the|this) {_PLACE}\b.{{0,80}}|(?:has )?(?:set|changed|updated|cleared) the {_PLACE}(?:'s)? (?:topic|name|icon|photo|picture|description|purpose|title)\b.{{0,120}}"
    rf"|(?:has )?added an integration to this {_PLACE}.{{0,60}}|(?:has )?started an? (?:call|huddle|meeting|stream|thread)(?: that lasted .{{1,30}})?|just (?:slid|hopped) into (?:the|this) {_PLACE})"
    rf"|pinned .{{1,60}} (?:in|to) this {_PLACE}|(?:set|changed|cleared) the {_PLACE} (?:topic|name|description|purpose)\b.{{0,120}}|a wild {_NAME} (?:has )?appeared|(?:glad|good to (?:have|see)) you(?:'re)? here,? {_NAME}|this message (?:was|has been) (?:deleted|removed)(?: by .{{1,40}})?|poll (?:closed|ended)(?:\W+(?:\d+ votes?|results?)\b.{{0,40}})?"
    r"|(?:chore\(deps\): )?bumps? [\w@/.\-]{1,60} from v?\d[\w.\-]* to v?\d[\w.\-]*|codecov report\b.{0,200}|(?:all checks have passed|build (?:passed|succeeded)))[.!]?\W*",
    re.I,
)
_CLOSED_BY_ITSELF = re.compile(
    r"^\W*(?!.{0,160}\b(?:but|and|yet) (?:the|it|i|this|still|there|nobody|no)\b)(?!.{0,160}\bstill (?:happen|crash|there|broken|see|get|not)\w*)(?!.{0,160}\bwithout (?:an?|any) )this (?:topic|issue|thread|post|pull request|pr|discussion|conversation|ticket) (?:was|has been|is|will be) (?:automatically |now |being )?(?:closed|locked|archived|marked (?:as )?stale)\b(?=.{0,200}\b(?:automatically|inactiv\w+|recent activity|further activity|the last (?:reply|post)|no longer allowed)\b)"
    r"|^\W*(?:auto(?:matic|mated)?[- ]?(?:reply|response)\b|(?:i am|i'm|i will be) (?:currently )?out of (?:the )?office (?:until|from|till)\b)|\bi am a bot,? and this (?:action|comment|message) was performed automatically\b",
    re.I | re.S,
)
_POST = r"(?:thread|topic|post|comment|message|discussion|conversation|repl(?:y|ie)|link)s?"
_MODERATES = (
    rf"(?:(?:lock|clos|remov|delet|mov|merg|clean|hid|archiv)\w* (?:up |out |down )?(?:(?:this|the|your|that|some|these|a few|several|off[- ]topic) ){{0,2}}(?:{_POST}|down)\b"
    rf"|{_POST}\W+(?:was |were |has been |have been |is |are )?(?:locked|closed|removed|deleted|moved|merged|hidden|archived)\b|\b(?:keep (?:it|this|things|the \w+)|stay|remain|be) (?:civil|friendly|polite|nice|respectful|clean|on[- ]topic)\b"
    r"|\b(?:read|follow|respect|mind|see|check|use) (?:the|our) (?:\w+ )?(?:rules|guidelines|search|mega ?thread)\b|\b(?:final|last|first|second) warning\b|\bbanned\b)"
)
_MODERATION = re.compile(
    rf"\W*(?:(?:\[mod(?:erator)?(?: note| message)?\]|(?:mod(?:erator)?|admin)(?: (?:note|here|message))?[:.,!–-]|mod(?:erator)? note\b)(?=.*{_MODERATES})\W{{0,3}}.{{1,140}}|mov(?:ed|ing) (?:this|the) (?:thread|topic|post) (?:to|from) .{{1,80}}|moved to (?:the )?(?:off[- ]?topic|[\w/&\- ]{{1,30}} (?:sub)?forum)(?: as it .{{0,60}})?"
    rf"|{_POST} (?:was |has been |were |have been )?(?:removed|locked|deleted|closed)\W+(?:by (?:an? |the )?(?:moderators?|mods?|admins?)|(?:per |see )?rule \d+.{{0,60}}|off[- ]?topic|duplicate thread)"
    r"|(?:locking|closing) this(?: (?:thread|topic|discussion|down))?(?: now)?,? ?(?:before it|as it(?:'s| has) run|since it(?:'s| has) run|wrong (?:forum|subforum|section|channel)|because it(?:'s| is) off).{0,80}|(?:reminder\W{1,3})?(?:please )?(?:read|follow|respect|mind|see) (?:the|our) (?:\w+ )?rules(?: before (?:you )?post(?:ing)?)?"
    r"|(?:(?:please|everyone|folks|guys|let'?s),? ){0,2}(?:keep (?:it|this|the (?:discussion|conversation|chat|thread)|things) (?:civil|friendly|on[- ]topic|clean|respectful|polite|english)|stay (?:on[- ]topic|civil|friendly|polite)|no politics|don'?t (?:double|cross)[- ]?post)(?:[,.!;–-].{0,60}| (?:please|everyone|guys|folks|thank|next time|and|in (?:here|this)|here|from now)\b.{0,60})?"
    r"|merged (?:with|into) (?:the )?(?:mega|main|other) ?thread|user was banned\b.{0,40}|this is your (?:final|last|first|second) warning\b.{0,80}|your (?:post|comment|thread|message) (?:was|has been) removed (?:because|as|for|due to) .{1,120})[.!]?\W*",
    re.I,
)
_CLOSER = r"(?:(?:with )?(?:best|kind|kindest|warm|warmest|many) (?:regards|wishes|greetings)|regards|sincerely(?: yours)?|yours (?:sincerely|truly|faithfully)|thanks and (?:best wishes|(?:best |kind )?regards)|respectfully|have a (?:great|nice|good|lovely) (?:day|weekend|evening|one))"
_NAMED = r"(?:[A-ZÀ-Þ][\w.'’&-]*|of|and|the|von|van|de)"
_SIGNED = re.compile(
    rf"\W*(?:(?i:{_CLOSER})[,.!]?(?:[\s,.|–-]+{_NAMED}){{0,10}}|(?i:best|love|cheers|xoxo)(?:,\s*|\n){_NAMED}(?:[\s,.]+{_NAMED}){{0,3}})\W*"
)
_DEVICE = re.compile(
    r"\W*(?:sent (?:from|with|via|using) (?!.*\b(?:the|is|are|was|were|it|they|has|have|gets?|to|no)\b)(?:my |a )?(?:[\w&+.\-]+ ?){1,7}|get outlook for \w+|this (?:e-?mail|message)(?: and any (?:attachments?|files))?,? (?:is|are|may be|contains?) (?:strictly )?(?:confidential|intended|privileged)\b.{0,400})[.!]?\W*",
    re.I | re.S,
)
_MAIL_WORDS = re.compile(
    r"\b(?:mails?|iphone|ipad|android|galaxy|pixel|phone|mobile|outlook|gmail|yahoo|blackberry|samsung|huawei|windows|secure)\b",
    re.I,
)

_OFFERS = """
agency album amen available backlinks band bitcoin blog book buy buying candidates chain channel chosen claim company
copy course crypto dm double doubling drop earn episode firm flat follow follower followers forex forward free freelance
freelancer friends gem giveaway giving gofundme grab hang hire hiring home house insta instagram interested invest
investment iso job kickstarter liquidity live looking luck made make making mint mixtape moons music newsletter novel off
open opening page parents pass passive patreon permission petition photo plug podcast portfolio post presale prize
product profile recruiting rent repost reviews room salary sale seeking selected sell selling send server share shop
single song spare store stream streaming studio subs subscribers team tik tiktok track trading turned twitch vacancy
video voucher wallet website wholesale win withdraw wtb wts wtt youtube apartment experience startup start
"""
_OFFERED = frozenset(_OFFERS.split())
"""One of these words is in whatever the patterns of offers find: most texts have none and are
spared the patterns."""


def off_topic(text: str, found: Collection[str]) -> str:
    """One snake_case reason why a cleaned text is about something else than the product, or an
    empty string.

    ``found`` are its lower-cased words.

    ``job_ad``, ``sale``, ``promotion``, ``chain_letter``, ``spam`` (giveaways and quick money),
    ``automatic`` (what a platform or a bot writes), ``moderation`` and ``signature``.
    """
    if len(text) > MOST:
        return ""
    if _AUTOMATIC.fullmatch(text) or _CLOSED_BY_ITSELF.search(text):
        return "automatic"
    if _SIGNED.fullmatch(text) or (
        _DEVICE.fullmatch(text) and (len(text) > 60 or _MAIL_WORDS.search(text))
    ):
        return "signature"
    if _MODERATION.fullmatch(text) and not speaks(text):
        return "moderation"
    if _OFFERED.isdisjoint(found) or speaks(text):
        return ""
    if _CHAIN.search(text):
        return "chain_letter"
    if _BAIT.search(text):
        return "spam"
    if _USES.search(text):
        return ""
    called = _CALLS.search(text) or _MONEY.search(text)
    if _JOB.search(text) and (called or _TERMS.search(text)):
        return "job_ad"
    if _WT.search(text) or (_SALE.search(text) and called):
        return "sale"
    return "promotion" if _PROMOTION.search(text) else ""


def speaks(text: str) -> bool:
    """Whether there is any word of trouble, wish or question: such a text is never set aside for
    what it offers."""
    return _SPEAKS.search(text) is not None
