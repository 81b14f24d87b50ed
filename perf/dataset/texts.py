"""Generated texts of questions and replies, distinct and of realistic lengths."""

from functools import cache
from math import log
from random import Random

LONGEST_CHARACTERS = 4_000
_DISTINCT_TEXTS = 2_000
_QUESTION_MEDIAN_CHARACTERS = 180
_REPLY_MEDIAN_CHARACTERS = 520
_SPREAD = 0.8

_TOPICS = (
    "planning a move",
    "negotiating a salary",
    "learning to run",
    "a better night's sleep",
    "the first week in a new job",
    "a household budget",
    "cooking for one",
    "a difficult conversation with a neighbour",
    "choosing a bicycle",
    "learning Spanish",
    "a garden on a balcony",
    "preparing for an interview",
    "looking after houseplants",
    "a week without sugar",
    "giving a speech at a wedding",
    "saving for a holiday",
    "reading more books",
    "working from home",
    "tidying the cellar",
    "asking for feedback",
    "a half marathon in spring",
    "changing careers",
    "renting the first flat",
    "a calmer morning",
    "less time on the phone",
    "the piano after twenty years",
    "a train journey with children",
    "writing a short story",
    "making friends in a new town",
    "repairing instead of buying",
)
_APPROACHES = (
    "How to begin with {}",
    "A plan for {}",
    "Questions about {}",
    "Second thoughts on {}",
    "A checklist for {}",
    "Keeping at it: {}",
    "What went wrong with {}",
    "Next steps for {}",
)
_QUESTIONS = (
    "I have been thinking about {} for a while and do not know where to begin.",
    "What would you do first?",
    "I have about two hours a week for this, hardly ever in one piece.",
    "Last year I tried something similar and stopped after a month.",
    "My partner thinks that I should wait until summer.",
    "Could you give me a short list that I can print?",
    "How do I notice early that it is not working?",
    "When it comes to {}, everybody tells me something else.",
    "I would rather spend nothing on it at first.",
    "Is that still realistic if I start next month?",
    "Please be honest, even if the answer is that I should leave it.",
    "What do people usually get wrong about {}?",
    "Thank you, that helps; and what comes after that?",
    "The part that worries me most is talking to other people about it.",
)
_REPLIES = (
    "That is a good moment to begin, because nothing has to be decided today.",
    "With {}, the first small step matters more than the perfect plan.",
    "Choose one fixed day of the week and protect it as you would an appointment.",
    "Write down what a good result would look like in three months, in one sentence.",
    "Most people underestimate how long the preparation takes and then lose heart.",
    "If two hours are all you have, divide them into four parts of half an hour.",
    "Ask one person who has done it before; twenty minutes with them save a weekend.",
    "You can ignore the advice that begins with buying something.",
    "A simple list on paper is enough; an application can come later.",
    "Notice what you did last time shortly before you stopped, and plan for that week.",
    "It is fine to do less, as long as you do it again the week after.",
    "Set a date on which you look back and decide whether to go on.",
    "For {}, I would count the days on which you did anything at all.",
    "Tell the people around you what you need from them, and for how long.",
    "There is a risk in waiting, too: the reasons to wait rarely become fewer.",
    "Keep the first version so small that it feels almost too easy.",
    "Should it not work, you will have lost an evening and learned something.",
    "When you talk about it, begin with what you have already tried.",
)


@cache
def titles() -> tuple[str, ...]:
    """Titles of conversations."""
    return tuple(approach.format(topic) for approach in _APPROACHES for topic in _TOPICS)


@cache
def questions() -> tuple[str, ...]:
    """Texts of people's messages: mostly a few sentences, sometimes a page."""
    return _texts(Random("questions"), _QUESTIONS, _QUESTION_MEDIAN_CHARACTERS)


@cache
def replies() -> tuple[str, ...]:
    """Texts of the model's replies: longer than questions, at most `LONGEST_CHARACTERS`."""
    return _texts(Random("replies"), _REPLIES, _REPLY_MEDIAN_CHARACTERS)


def _texts(random: Random, sentences: tuple[str, ...], median_characters: int) -> tuple[str, ...]:
    lengths = (
        random.lognormvariate(log(median_characters), _SPREAD) for _ in range(_DISTINCT_TEXTS)
    )
    return tuple(
        _text(random, sentences, min(round(length), LONGEST_CHARACTERS)) for length in lengths
    )


def _text(random: Random, sentences: tuple[str, ...], characters: int) -> str:
    topic = random.choice(_TOPICS)
    text = ""
    while len(text) < characters:
        text += random.choice(sentences).format(topic) + " "
    return text[:characters].strip()
