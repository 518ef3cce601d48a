"""What talk about something else looks like: offers, what a platform writes itself, moderation."""

from __future__ import annotations

import re

TROUBLE_OR_WISH = re.compile(
    r"\?|\b(?:crash\w*|bugs?|buggy|glitch\w*|errors?|fail\w*|broken?|breaks?|wrong|stuck|missing"
    r"|lost|fix\w*|issues?|problems?|reject\w*|invalid|empty|blank|expire\w*"
    r"|cannot|can'?t|won'?t|(?:does|did|is|are|was|were|has|have|had|could|would|should)n'?t"
    r"|not (?:work\w*|show\w*|load\w*|able)|no longer|unable|why|how (?:do|can|to)"
    r"|wish|would (?:be|like|help|love to|pay)|"
    r"(?:please|pls|could you|can you|let us|let me|should|need(?:s|ed)? (?:to|an?)|must"
    r"|ability to|option to)\s+(?:add|allow|let|make|support|show|have|be|include|implement"
    r"|filter|hide)"
    r"|feature|slow\w*|freez\w*|laggy|refund\w*|stopp?(?:s|ed)|gone|disappear\w*|twice|instead of"
    r"|after (?:the|my|last|latest) (?:\w+ )?update|since (?:the|my|last|yesterday|\d)"
    r"|but|although|though|however|whenever|every ?time|sometimes|(?:when|if) (?:i|we|it)|shows?"
    r"|showing|shown|displays?|overlap\w*|covers?|cut off|hidden|jumps?|flicker\w*|blurr?\w*"
    r"|cropped|duplicat\w*|unreadable|late|wobbl\w*|vanish\w*|drops|dropped|drifts?|ignores|too "
    r"(?:small|big|slow|long|dark|expensive|many|much|few)|costs? (?:more|less|twice)|charged"
    r"|button|api|sdk|csv|upload(?:s|ed|ing)|export\w*|import\w*|sync\w*|40[34])\b",
    re.I,
)
USED_PRODUCT = re.compile(
    r"\b(?:this app|the app|(?:saves?|saved) (?:me|us)|thanks to (?:this|you|the)"
    r"|works (?:great|well|fine|perfectly)|love (?:it|this|how|that)|(?:perfect|great) for me"
    r"|(?:in|within) (?:seconds|minutes)|with (?:this|it)\b(?! (?:code|link)))\b",
    re.I,
)
"""Who says what the thing at hand did for them does not only advertise."""
CALL_TO_ACT = re.compile(
    r"(?:\b(?:dm|pm|message|text|contact|email|write|hit|reach|inbox|call|whatsapp) "
    r"(?:me|us|him|her)\b|\b(?:my|our) inbox\b|\badd me\b|\bget in touch\b|\bhit me up\b"
    r"|\b(?:apply|enrol+|order|book|register) (?:now|here|today|via|below|at)\b"
    r"|\bsend me a (?:message|dm|pm)\b|\bdm for\b|\b[dp]m\W*$"
    r"|\bsend (?:in |me |us )?(?:your|their|a) (?:cv|r[eé]sum[eé]|portfolio|application)\b"
    r"|\b(?:in|on) (?:my )?bio\b|\blink\b"
    r"|\bpick ?-?up\b|\bcan ship\b|\bshipping\b|\b(?:or )?best offer\b|\bobo\b|\bpaypal\b"
    r"|\bface value\b|\bfast delivery\b|\btrusted seller\b|\bfirst come\b"
    r"|\b(?:best|lowest|good|cheap) prices?\b|\bprice list\b|\bgood money\b|\bminimum order\b)",
    re.I,
)
PRICE_NAMED = re.compile(
    r"[$€£]\s?\d|\b\d[\d.,]*\s?(?:k|usd|eur|euros?|dollars?|quid|pounds|bucks|[$€£])(?!\w)", re.I
)
JOB_TERMS = re.compile(
    r"\b(?:remote|contract|permanent|position|visa|(?:full|part)[- ]time|weekly pay|per hour)\b",
    re.I,
)
JOB_AD = re.compile(
    r"^\W*(?:\[?(?:for )?hir(?:ing|e)\]?\W|(?:we(?:'re| are) |now )hiring\b|recruiting:|vacancy:"
    r"|job (?:offer|opening|posting):)"
    r"|\b(?:our|my) (?:company|agency|startup|start-up|team|studio|firm) (?:is|are) "
    r"(?:hiring|recruiting|looking for (?:an? )?(?:[\w-]+ ){0,3}"
    r"(?:developer|designer|engineer|manager|intern|writer|artist|tester|analyst|assistant)s?)\b"
    r"|\b(?:looking|available|open) (?:for|to) (?:freelance |contract |remote )?"
    r"(?:work|gigs|commissions|new clients)\b(?! "
    r"(?:orders?|items?|streams?|days?|hours?|on|at|from|in|with)\b)"
    r"|\blooking for (?:an? )?(?:job|position|internship) as\b"
    r"|\bi(?:'m| am) an? (?:[\w-]+ ){0,3}(?=.*\b"
    r"(?:available|for hire|looking for|my (?:portfolio|rates?|work|services)|[dp]m|clients)\b)"
    r"(?:freelanc\w+|freelance (?:[\w-]+ ){1,3}|developer available|designer available)\b"
    r"|^\W*freelance \w+.{0,40}\bclients\b"
    r"|\bcompetitive salary\b|\bsalary (?:of )?[$€£]?\d|\bno experience (?:required|needed)\b"
    r"|\bseeking an? (?:co-?founder|business partner|investor)\b"
    r"|\b(?:has|have) an? (?:opening|vacancy|open position) for\b|\binterested candidates\b",
    re.I,
)
_PRODUCT_VERBS = (
    r"(?:does|do|gives?|takes?|takes away|costs?|is|are|was|were|makes?|leaves|adds|removes|eats"
    r"|gets|works?|returns?|resets?|deletes?|opens?|closes?|only|nothing|never|always|still"
    r"|in (?:the |this )?(?:shop|store|game|app|menu|market))"
)
"""Who writes "buying gold does nothing" tells what the product does; an advertisement has no such
verb."""
SALE = re.compile(
    rf"^\W*(?:(?:i'?m |we'?re )?(?:selling|buying|trading) (?!.*\b{_PRODUCT_VERBS}\b)"
    rf"(?!(?:an?|items?|things|stuff|on|in|the|with|via|should|seats?|to|from|more)\b)"
    rf"|wholesale\b|price drop\b|spare tickets?\b|(?:up )?for sale(?:[:!,–-]| my\b| \d)"
    rf"|(?-i:FOR SALE)\b|wt[sbt]\b|iso\b|anyone want to buy\b"
    rf"|(?:flat|apartment|room|house) (?:for|to) (?:rent|let)\b"
    r"|(?:bulk|cheap|used) .{0,40}for sale\b|(?:\w+ ){1,3}looking for a new home\b"
    r"|(?:i'?m )?giving away my (?!data|info|e-?mail|details|privacy|number))",
    re.I,
)
WANT_TO_TRADE = re.compile(r"^\W*WT[SBT]\b(?!.{0,20}\b(?:posts?|messages?|tags?|spam)\b)")
_PROMOTED_THINGS = (
    r"(?:(?:new|latest|first|own|little|small|free|youtube|twitch|discord|spotify|etsy"
    r"|insta(?:gram)?|tik ?tok|patreon) ){0,3}(?:channel|page|blog|stream|twitch|tik ?tok"
    r"|insta\w*|newsletter|podcast|music|band|song|track|album|single|mixtape|book|novel|course"
    r"|shop|store|kickstarter|patreon|gofundme|petition|photo|discord|server|website|profile"
    r"|portfolio|youtube)"
)
PROMOTION = re.compile(
    rf"(?:^|[.!:;,\n]\s*|\b(?:please|pls|go|come|and|guys|to)\s+)"
    rf"(?:(?:like|share|follow|subscribe to|sub to|vote for|upvote|support|check(?: out)?|visit"
    rf"|join|back|sign up (?:for|to)|listen to|buy|look at|have a look at)"
    rf"(?:,? and | & )?){{1,2}} (?:out )?(?:my|our) {_PROMOTED_THINGS}\b"
    rf"(?! (?:screen|page|button|banner|pop-?up|dialog|opens?|is|are|while|speed|with)\b)"
    rf"|\b(?:my|our) {_PROMOTED_THINGS}\b.{{0,60}}\b(?:is|are) (?:now |finally )?"
    rf"(?:out|live|up|on (?:amazon|spotify|itunes|bandcamp|steam)|available)\b"
    r"|\b(?:i|we)(?:'ve| have)? (?:just |finally )?"
    r"(?:launched|released|published|dropped|started|opened|wrote|recorded) "
    r"(?:a|an|my|our|on) .{0,40}(?:product hunt|channel|blog|newsletter|book|novel|course|podcast"
    r"|track|song|album|single|mixtape|mobile game|etsy|shop|store)\b.{0,120}"
    r"(?:\blink\b|out now|on (?:amazon|spotify|the (?:play|app) store)"
    r"|give it a (?:listen|try|go|look)|your support|check it out)"
    r"|^\W*(?:shameless (?:self[- ]?)?(?:plug|promo\w*)"
    r"|new (?:blog ?post|video|episode|single|album|track|mix|stream)\b.{0,100}"
    r"(?:\blink\b|out now|is (?:out|up|live)))"
    r"|^\W*follow me (?:on|at|for (?:more|daily|tips|updates|follow|content))\b"
    r"|\b(?:i'?m|we'?re) (?:live|streaming)\b.{0,60}(?:\blink\b|come (?:hang|say|watch|join))"
    r"|\bcome hang out\b.{0,20}\blink\b|\btrying to (?:reach|hit|get to) \d[\d.,k]* "
    r"(?:subs|subscribers|followers)\b",
    re.I,
)
CHAIN_LETTER = re.compile(
    r"(?<!can )(?<!to )(?<!could )\b(?:send|forward|pass|share) (?:this|it)(?: on)?"
    r"(?: (?:message|post|video))? (?:to|with) (?:at least )?"
    r"(?:\d+|all|every|your|five|seven|ten|twelve|fifteen|twenty)(?: of)?(?: your)? "
    r"(?:friends?|people|persons|contacts?|groups?|others|girls|boys|mums|moms)\b"
    r"|\b(?:send|forward|share) (?:this|it) (?:to|with) everyone you (?:love|know|care)\b"
    r"|\bforward (?:this )?to (?:all|everyone|every)\b(?=.{0,20}(?:contacts|friends|groups|[:!]))"
    r"|\brepost (?:this )?(?:if|within)\b|(?:^|[.!]\s*)copy (?:and|&) paste "
    r"(?:this|it|to be safe)\b|^\W*copy this (?:in)?to\b"
    r"|\b(?:share|repost|like)\b.{0,20}\bfor (?:good )?luck\b"
    r"|\bwill (?:have|bring) (?:you )?(?:bad |good )luck\b"
    r"|\b(?:type|say|comment) (?:amen|1|yes) (?:and|&) share\b|\b(?:type|say) amen\b"
    r"|\bbreak the chain\b|\bi do not (?:give|authori[sz]e)\b.{0,40}\bpermission "
    r"(?:to|for)\b.{0,20}\buse my\b|\bdon'?t forward this (?:message )?to\b"
    r"|\btell all (?:parents|your friends)\b.{0,20}\bforward\b|\bwill repost this\b",
    re.I,
)
BAIT = re.compile(
    r"\A(?=.*\b(?:giveaway|win|free|voucher|prize)\b)"
    r"(?=.*\b(?:re-?tweet|tag (?:\d+|two|three|five|a|your) friends?"
    r"|follow (?:us|me|@\w+),? (?:and|like|re)|like this post|share to your story"
    r"|comment (?:done|below to)))|\b(?:claim|grab|get) your (?:free )?(?:[\d.]+ )?"
    r"(?:eth|btc|bitcoins?|air ?drop|prize|gift ?card|nfts?|tokens?)\b.{0,80}"
    r"(?:\blink\b|\bnow\b|wallet|here)|\byou(?:'ve| have)? (?:been |are )?(?:selected|chosen) to "
    r"(?:receive|win) (?:an?|the|your|free|[$€£\d])"
    r"|\b(?:join the presale|liquidity locked|\d+x gem|before it moons|crypto pump|mint is live"
    r"|free nfts?)\b|\bturned [$€£]?\d[\d,.k]* into [$€£]?\d"
    r"|\binvest [$€£]?\d[\d,.k]*\b.{0,30}\b(?:receive|get|earn|return|withdraw)\b"
    r"|\bdoubl(?:e|ing) (?:all|your|any) (?:bitcoin|btc|eth|crypto|money)"
    r"|\b(?:drop|comment|post) your wallet\b|\bpassive income\b.{0,60}"
    r"(?:\blink\b|from home|(?:a|per) day)|\b(?:trading|forex|crypto|investment|bitcoin) "
    r"(?:mentor|expert|coach|signals?|manager|vip group)\b.{0,60}\b"
    r"(?:changed my life|telegram|whatsapp|join|contact|dm|thanks to|reach|link)\b"
    r"|\b(?:earn|make|making|made|i withdraw) [$€£]?\d[\d,.k]* ?[$€£]?(?: dollars| euros)? ?"
    r"(?:a|per|each|every|last|/) ?(?:day|week|month|hour)\b.{0,60}"
    r"(?:from home|ask me how|\bdm\b|\blink\b|profile|simple trick|whatsapp|telegram|\bhim\b"
    r"|\bher\b)|(?:\b\d+|\bseo) backlinks\b.{0,60}(?:\$|€|\bcheap|\brates?\b|\bdm\b|profile)"
    r"|\b\d{1,2} ?% off\b.{0,60}(?:\bbio\b|\bdm\b|\btoday only\b|\bonly today\b)"
    r"|\b(?:verified|5[- ]star|positive) reviews\b.{0,20}\bcheap\b"
    r"|\bis giving away \d[\d,.]* ?(?:btc|eth|bitcoin)",
    re.I | re.S,
)
_PERSON_NAME = (
    r"@?(?!(?:i|we|he|she|they|you|it|someone|somebody|anyone|nobody|everyone|who|when|if|after"
    r"|people|my|our|the|a|an|this|bot|app|bug|error|crash|glitch)\b)[\w.\-]{1,40}"
    r"(?: (?!(?:i|we|he|she|they|and|or|but)\b)[\w.\-]{1,30}){0,2}"
)
_MEETING_PLACE = (
    r"(?:channel|server|group|chat|room|team|party|conversation|meeting|call|workspace|community)"
)
AUTOMATIC_MESSAGE = re.compile(
    rf"\W*(?:(?:system|bot|info)\W{{1,3}})?(?:{_PERSON_NAME} "
    rf"(?:(?:has |just |was )?(?:joined|left|added to|removed from|invited to) "
    rf"(?:the |this |your )?{_MEETING_PLACE}(?: (?:via|by|using) .{{1,40}})?"
    rf"|(?:was|has been) (?:added|removed|invited) by {_PERSON_NAME}"
    rf"|(?:has )?pinned a message(?: to this {_MEETING_PLACE})?"
    rf"|(?:has )?(?:renamed|archived|created|muted) (?:the|this) {_MEETING_PLACE}\b.{{0,80}}"
    rf"|(?:has )?(?:set|changed|updated|cleared) the {_MEETING_PLACE}(?:'s)? "
    rf"(?:topic|name|icon|photo|picture|description|purpose|title)\b.{{0,120}}"
    rf"|(?:has )?added an integration to this {_MEETING_PLACE}.{{0,60}}"
    rf"|(?:has )?started an? (?:call|huddle|meeting|stream|thread)(?: that lasted .{{1,30}})?"
    rf"|just (?:slid|hopped) into (?:the|this) {_MEETING_PLACE})"
    rf"|pinned .{{1,60}} (?:in|to) this {_MEETING_PLACE}"
    rf"|(?:set|changed|cleared) the {_MEETING_PLACE} (?:topic|name|description|purpose)\b.{{0,120}}"
    rf"|a wild {_PERSON_NAME} (?:has )?appeared"
    rf"|(?:glad|good to (?:have|see)) you(?:'re)? here,? {_PERSON_NAME}"
    rf"|this message (?:was|has been) (?:deleted|removed)(?: by .{{1,40}})?"
    rf"|poll (?:closed|ended)(?:\W+(?:\d+ votes?|results?)\b.{{0,40}})?"
    r"|(?:chore\(deps\): )?bumps? [\w@/.\-]{1,60} from v?\d[\w.\-]* to v?\d[\w.\-]*"
    r"|codecov report\b.{0,200}|(?:all checks have passed|build (?:passed|succeeded)))[.!]?\W*",
    re.I,
)
CLOSED_BY_ITSELF = re.compile(
    r"^\W*(?!.{0,160}\b(?:but|and|yet) (?:the|it|i|this|still|there|nobody|no)\b)"
    r"(?!.{0,160}\bstill (?:happen|crash|there|broken|see|get|not)\w*)"
    r"(?!.{0,160}\bwithout (?:an?|any) )this (?:topic|issue|thread|post|pull request|pr"
    r"|discussion|conversation|ticket) (?:was|has been|is|will be) "
    r"(?:automatically |now |being )?(?:closed|locked|archived|marked (?:as )?stale)\b"
    r"(?=.{0,200}\b(?:automatically|inactiv\w+|recent activity|further activity"
    r"|the last (?:reply|post)|no longer allowed)\b)"
    r"|^\W*(?:auto(?:matic|mated)?[- ]?(?:reply|response)\b"
    r"|(?:i am|i'm|i will be) (?:currently )?out of (?:the )?office (?:until|from|till)\b)"
    r"|\bi am a bot,? and this (?:action|comment|message) was performed automatically\b",
    re.I | re.S,
)
_POSTED = r"(?:thread|topic|post|comment|message|discussion|conversation|repl(?:y|ie)|link)s?"
_MODERATES = (
    rf"(?:(?:lock|clos|remov|delet|mov|merg|clean|hid|archiv)\w* (?:up |out |down )?"
    rf"(?:(?:this|the|your|that|some|these|a few|several|off[- ]topic) ){{0,2}}(?:{_POSTED}|down)\b"
    rf"|{_POSTED}\W+(?:was |were |has been |have been |is |are )?"
    rf"(?:locked|closed|removed|deleted|moved|merged|hidden|archived)\b"
    rf"|\b(?:keep (?:it|this|things|the \w+)|stay|remain|be) "
    rf"(?:civil|friendly|polite|nice|respectful|clean|on[- ]topic)\b"
    r"|\b(?:read|follow|respect|mind|see|check|use) (?:the|our) (?:\w+ )?"
    r"(?:rules|guidelines|search|mega ?thread)\b|\b(?:final|last|first|second) warning\b"
    r"|\bbanned\b)"
)
MODERATION = re.compile(
    rf"\W*(?:(?:\[mod(?:erator)?(?: note| message)?\]"
    rf"|(?:mod(?:erator)?|admin)(?: (?:note|here|message))?[:.,!–-]|mod(?:erator)? note\b)"
    rf"(?=.*{_MODERATES})\W{{0,3}}.{{1,140}}|mov(?:ed|ing) (?:this|the) (?:thread|topic|post) "
    rf"(?:to|from) .{{1,80}}|moved to (?:the )?(?:off[- ]?topic|[\w/&\- ]{{1,30}} (?:sub)?forum)"
    rf"(?: as it .{{0,60}})?"
    rf"|{_POSTED} (?:was |has been |were |have been )?(?:removed|locked|deleted|closed)\W+"
    rf"(?:by (?:an? |the )?(?:moderators?|mods?|admins?)|(?:per |see )?rule \d+.{{0,60}}"
    rf"|off[- ]?topic|duplicate thread)"
    r"|(?:locking|closing) this(?: (?:thread|topic|discussion|down))?(?: now)?,? ?"
    r"(?:before it|as it(?:'s| has) run|since it(?:'s| has) run"
    r"|wrong (?:forum|subforum|section|channel)|because it(?:'s| is) off).{0,80}"
    r"|(?:reminder\W{1,3})?(?:please )?(?:read|follow|respect|mind|see) (?:the|our) "
    r"(?:\w+ )?rules(?: before (?:you )?post(?:ing)?)?"
    r"|(?:(?:please|everyone|folks|guys|let'?s),? ){0,2}"
    r"(?:keep (?:it|this|the (?:discussion|conversation|chat|thread)|things) "
    r"(?:civil|friendly|on[- ]topic|clean|respectful|polite|english)"
    r"|stay (?:on[- ]topic|civil|friendly|polite)|no politics|don'?t (?:double|cross)[- ]?post)"
    r"(?:[,.!;–-].{0,60}| (?:please|everyone|guys|folks|thank|next time|and|in (?:here|this)|here"
    r"|from now)\b.{0,60})?"
    r"|merged (?:with|into) (?:the )?(?:mega|main|other) ?thread|user was banned\b.{0,40}"
    r"|this is your (?:final|last|first|second) warning\b.{0,80}"
    r"|your (?:post|comment|thread|message) (?:was|has been) removed "
    r"(?:because|as|for|due to) .{1,120})[.!]?\W*",
    re.I,
)
_SIGN_OFF = (
    r"(?:(?:with )?(?:best|kind|kindest|warm|warmest|many) (?:regards|wishes|greetings)|regards"
    r"|sincerely(?: yours)?|yours (?:sincerely|truly|faithfully)"
    r"|thanks and (?:best wishes|(?:best |kind )?regards)|respectfully"
    r"|have a (?:great|nice|good|lovely) (?:day|weekend|evening|one))"
)
_SIGNED_NAME = r"(?:[A-ZÀ-Þ][\w.'’&-]*|of|and|the|von|van|de)"
SIGNED_OFF = re.compile(
    rf"\W*(?:(?i:{_SIGN_OFF})[,.!]?(?:[\s,.|–-]+{_SIGNED_NAME}){{0,10}}"
    rf"|(?i:best|love|cheers|xoxo)(?:,\s*|\n){_SIGNED_NAME}(?:[\s,.]+{_SIGNED_NAME}){{0,3}})\W*"
)
SENT_FROM_DEVICE = re.compile(
    r"\W*(?:sent (?:from|with|via|using) (?!.*\b"
    r"(?:the|is|are|was|were|it|they|has|have|gets?|to|no)\b)(?:my |a )?(?:[\w&+.\-]+ ?){1,7}"
    r"|get outlook for \w+|this (?:e-?mail|message)(?: and any (?:attachments?|files))?,? "
    r"(?:is|are|may be|contains?) (?:strictly )?"
    r"(?:confidential|intended|privileged)\b.{0,400})[.!]?\W*",
    re.I | re.S,
)
MAIL_WORDS = re.compile(
    r"\b(?:mails?|iphone|ipad|android|galaxy|pixel|phone|mobile|outlook|gmail|yahoo|blackberry"
    r"|samsung|huawei|windows|secure)\b",
    re.I,
)

_OFFER_WORDS = """
agency album amen available backlinks band bitcoin blog book buy buying candidates chain channel
chosen claim company copy course crypto dm double doubling drop earn episode firm flat follow
follower followers forex forward free freelance freelancer friends gem giveaway giving gofundme grab
hang hire hiring home house insta instagram interested invest investment iso job kickstarter
liquidity live looking luck made make making mint mixtape moons music newsletter novel off open
opening page parents pass passive patreon permission petition photo plug podcast portfolio post
presale prize product profile recruiting rent repost reviews room salary sale seeking selected sell
selling send server share shop single song spare store stream streaming studio subs subscribers team
tik tiktok track trading turned twitch vacancy video voucher wallet website wholesale win withdraw
wtb wts wtt youtube apartment experience startup start
"""
OFFER_WORDS = frozenset(_OFFER_WORDS.split())
"""One of these words is in whatever the patterns of offers find: most texts have none and are
spared the patterns."""
