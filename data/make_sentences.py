"""Write ``sentences.jsonl``: some 400 plain English sentences of our own, with a sentiment label.

In the style of the Yelp corpus (lower case, punctuation and contractions set apart). A small
hand-written grammar, drawn from with a fixed seed, and lines written by hand. Run it from
anywhere: ``python data/make_sentences.py``. The text belongs to this project (Apache-2.0).
"""

import json
import random
from pathlib import Path

PLACES = {
    "restaurant": ("the soup", "the bread", "my pasta", "the fish", "the menu", "our waiter"),
    "hotel": ("the room", "the bed", "our view", "the breakfast", "the shower", "the front desk"),
    "museum": ("the tour", "the guide", "the gift shop", "the garden", "the ticket line"),
    "garage": ("the mechanic", "the price", "the repair", "the waiting room"),
    "library": ("the reading room", "the staff", "the new wing", "the children 's corner"),
}
GOOD = {
    "the soup": ("hot and full of flavor", "the best thing i tried", "made with care"),
    "the bread": ("warm and soft", "baked this morning", "worth the drive"),
    "my pasta": ("cooked just right", "rich and filling", "gone in five minutes"),
    "the fish": ("fresh and light", "grilled to perfection", "simple but excellent"),
    "the menu": ("short and clever", "full of good choices", "easy to read"),
    "our waiter": ("kind and quick", "very patient with the kids", "a real pleasure"),
    "the room": ("clean and quiet", "bigger than we expected", "bright and cozy"),
    "the bed": ("soft and wide", "so comfortable that i overslept"),
    "our view": ("worth every dollar", "simply beautiful at sunset"),
    "the breakfast": ("fresh and generous", "the best part of the stay"),
    "the shower": ("hot and strong", "spotless every day"),
    "the front desk": ("helpful at any hour", "friendly and well organized"),
    "the tour": ("fun and full of stories", "well worth two hours"),
    "the guide": ("funny and very smart", "happy to answer questions"),
    "the gift shop": ("small but charming", "full of lovely things"),
    "the garden": ("calm and green", "in full bloom"),
    "the ticket line": ("short and fast", "handled very well"),
    "the mechanic": ("honest and fast", "careful with my old car"),
    "the price": ("fair and clear", "lower than i feared"),
    "the repair": ("done in one day", "perfect the first time"),
    "the waiting room": ("clean and warm", "stocked with good coffee"),
    "the reading room": ("silent and full of light", "my favorite place to work"),
    "the staff": ("glad to help", "warm and well informed"),
    "the new wing": ("a joy to walk through", "open , bright and modern"),
    "the children 's corner": ("lively and well kept", "a hit with my daughter"),
}
BAD = {
    "the soup": ("cold and thin", "far too salty", "served in a dirty bowl"),
    "the bread": ("hard as a rock", "stale and dry", "burned on one side"),
    "my pasta": ("overcooked and bland", "swimming in oil", "sent back twice"),
    "the fish": ("dry and tasteless", "still frozen inside", "the wrong order"),
    "the menu": ("confusing and too long", "sticky and torn"),
    "our waiter": ("rude from the start", "nowhere to be found", "slow and careless"),
    "the room": ("dark and smelly", "smaller than a closet", "never cleaned"),
    "the bed": ("hard and lumpy", "too short for anyone"),
    "our view": ("a brick wall", "nothing like the photos"),
    "the breakfast": ("cold and overpriced", "over before we got there"),
    "the shower": ("broken for two days", "cold every morning"),
    "the front desk": ("rude and slow", "empty half of the night"),
    "the tour": ("dull and rushed", "a waste of an afternoon"),
    "the guide": ("bored and hard to hear", "late by half an hour"),
    "the gift shop": ("crowded and overpriced", "closed without notice"),
    "the garden": ("dry and full of trash", "locked when we came"),
    "the ticket line": ("endless and badly run", "the worst part of the day"),
    "the mechanic": ("careless and impolite", "late with every promise"),
    "the price": ("a bad joke", "twice what they quoted"),
    "the repair": ("sloppy and unfinished", "undone within a week"),
    "the waiting room": ("freezing and dirty", "packed and far too loud"),
    "the reading room": ("noisy and stuffy", "too cold to sit in"),
    "the staff": ("bored and unhelpful", "busy with their phones"),
    "the new wing": ("ugly and half finished", "a maze without signs"),
    "the children 's corner": ("messy and neglected", "full of broken toys"),
}
OPENINGS = ("", "", "", "honestly , ", "this time ", "as always , ", "on sunday ", "in the end ")
LINKS = (" and ", " , and ", " , while ")
PRAISE = """i would come back tomorrow .
we loved every minute of it .
thank you for a perfect evening !
this is the nicest place in town .
they went out of their way to help us .
you can not go wrong here .
my parents still talk about that dinner .
i have never had a better cup of coffee .
great value , and they smile while they work .
we felt at home the moment we walked in .
everything arrived on time and in one piece .
my son asked when we can go again .
she fixed my phone in ten minutes and charged me nothing .
what a wonderful surprise on a rainy day !
the cake was so good that nobody spoke .
five stars from the whole family .
he explained every step and never rushed me .
it 's rare to find people who care this much .
i ca n't think of a single complaint .
the music was lovely and not too loud .
they remembered my name after one visit .
we got the last table and were so lucky .
best haircut i have had in years !
the bus was early , clean and almost empty .
nothing beats a walk along the river here .
our dog loves this park as much as we do .
i laughed so hard that my face hurt .
the book kept me awake until three , in the best way .
her lessons made math fun for the first time .
a small shop with a big heart .
they refunded me at once , no questions asked .
the new owner has done a fantastic job .
i 'm already planning my next visit .
the pie alone is worth the trip .
our neighbors were right about this place !
you 'll leave with a full stomach and a smile .
the doctor listened and took her time .
such a peaceful corner of the city .
the movie was short , funny and sweet .
he sings even better on stage .
great value !
i loved it .
so much fun !
highly recommended .
what a gem !
we were thrilled .
simply the best .
fresh , cheap and friendly .
my new favorite .
thank you all !""".splitlines()
BLAME = """i will never come back .
we left after twenty minutes without a drink .
do not waste your money here .
nobody said sorry for the mistake .
they lost my order and then blamed me .
it took an hour to get a glass of water .
i wanted to like it , but i just could n't .
the worst coffee i have had in years .
we were ignored from start to finish .
my package came late and badly damaged .
she hung up on me twice .
what a disappointing end to our holiday .
the floor was wet and nobody cared .
he promised a call and never called .
i 'd rather eat at home next time .
the music was so loud that we gave up talking .
our table was sticky and the chairs were broken .
they charged my card two times .
stay away if you value your time !
the bus was late , dirty and far too full .
it broke on the second day .
i asked for help and got a shrug .
the movie was long , dull and loud .
even the water tasted strange .
my daughter cried all the way home .
it is n't worth half of the price .
the photos online are a lie .
we waited outside in the rain for nothing .
the manager laughed at our complaint .
i have seen cleaner bus stations .
how can anyone run a shop like this ?
the sauce came straight from a jar .
he cut my hair far too short .
they closed early and did n't tell anyone .
the book fell apart , and so did the story .
no heat , no light and no apology .
you 'll regret it before dessert .
her lessons were confusing and often canceled .
the doctor never looked up from his screen .
nothing on the shelf was fresh .
never again .
what a mess !
so very slow .
i want a refund .
not even close .
we felt cheated .
terrible service .
just awful food .
please avoid this .
dirty , loud and rude .""".splitlines()


def statement(chance: random.Random, side: dict[str, tuple[str, ...]]) -> str:
    """One judgement of a thing, or two of things at the same place."""
    first, second = chance.sample(chance.choice(list(PLACES.values())), 2)
    sentence = f"{chance.choice(OPENINGS)}{first} was {chance.choice(side[first])}"
    if chance.random() < 0.4:
        sentence += f"{chance.choice(LINKS)}{second} was {chance.choice(side[second])}"
    return f"{sentence} ."


def main() -> None:
    """Write the file beside this script."""
    chance = random.Random(0)
    rows = {sentence: 1 for sentence in PRAISE} | {sentence: 0 for sentence in BLAME}
    for label, side in ((1, GOOD), (0, BAD)):
        drawn: set[str] = set()
        while len(drawn) < 150:
            sentence = statement(chance, side)
            if 3 <= len(sentence.split()) <= 14:
                drawn.add(sentence)
        rows |= dict.fromkeys(sorted(drawn), label)
    order = list(rows.items())
    chance.shuffle(order)
    lines = [json.dumps({"text": text, "label": label}) for text, label in order]
    path = Path(__file__).with_name("sentences.jsonl")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
