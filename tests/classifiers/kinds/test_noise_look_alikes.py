"""Look-alikes of what is offered: what the product does for someone, in the words of an
advertisement."""

from __future__ import annotations

import pytest

from classifiers.kinds.noise import noise
from classifiers.texts.text import clean

SAID = """
you get views quickly here, love it
i only get views from friends
Make 50 per page possible
made 12 daily backups, all good
Make 5 a day the limit
Thanks for the free skins!
Love the free skins, keep them coming
I want my customers to contact me via WhatsApp
people can message me on Telegram from the profile, great
friends who sign up with my link get nothing
People join with my invite link and I get no credit
My promo code is greyed out
I get a discount with code entry only on the web
I check my page every day and love it
People who visit my profile see an old photo
Your team recovered my money in a day, thank you
the investment opportunity tab is lovely
please support my shop's currency
Please support my server
You can share it with your friends, neat
Free version lets me follow friends and like posts
I win a prize and follow people and like it
This thread was closed automatically but the bug is still there
This issue was closed automatically, still happening in 4.2
I'm a freelancer and this app saves me $200 a month
I am a freelance designer, the $5 plan is perfect for me
Our company is looking for a designer view with shared links
I'm selling handmade soap and the invoices look great, link to my shop works
We opened our shop with this, best prices
our channel is live thanks to this app
my stream is live in seconds with this
my podcast is out on Spotify thanks to you
I just launched my shop with it and the link was ready in minutes
Sent from the web client
Trading with my friends is great, message me more
Follow me button is gone
Follow me for GPS
Join our server screen is ugly
check my website speed
Visit our store opens twice
Subscribe to my calendar from Outlook
Listen to my music while driving, perfect
Share this to everyone
Recruiting: the second tab shows nobody
I am open to work on weekends and the planner copes, $10 well spent
giving away my data to advertisers, link in the privacy policy
Win rate of $100 bets
You have been selected to receive emails, again and again
Poll ended before everyone voted
Sent from my phone the pictures rotate
Sent from my tablet it has no line breaks
""".strip().splitlines()
OFFERED = """
Get cheap instagram followers
Make $500 a day from home
Earn 300 dollars per week
I made $4,000 last week, ask me
Free nitro for everyone link
Get free v-bucks here
Contact me on WhatsApp +1 555
Great service, message him on telegram
Use my referral code for a bonus
sign up with my link and we both get 10
my invite code: RELAY50
20% off with code SAVE20
Check out my channel
please subscribe to my youtube
Best investment opportunity, dm me
Share this with 10 friends
Poll ended: 12 votes
Giveaway! Follow us and retweet to win
This topic was automatically closed 90 days after the last reply. New replies are no longer allowed.
I'm a freelance web developer available for projects, DM me
""".strip().splitlines()


@pytest.mark.parametrize("text", SAID)
def test_who_tells_what_the_product_does_is_heard(text: str) -> None:
    assert noise(clean(text)) == ""


@pytest.mark.parametrize("text", OFFERED)
def test_the_offer_itself_is_set_aside(text: str) -> None:
    assert noise(clean(text)) in (
        "spam",
        "chain_letter",
        "promotion",
        "automatic",
        "job_ad",
        "sale",
    )
