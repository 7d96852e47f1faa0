"""English words that wording.py may inflect. A word not listed here is left alone.

Short on purpose: a wrong guess ("the response that accessibles") is worse than none.
"""

from __future__ import annotations

VERBS: frozenset[str] = frozenset(
    """
    abide abuse accept accommodate achieve acknowledge act adapt add address adhere adjust admit
    adopt advertise advise agree aim alert allow answer anticipate apologise apologize appear
    apply argue ask assess assist assume avoid back balance base become begin behave believe
    benefit blame block break bring build bully burn buy call calm care cause censor challenge
    change cheat check choose cite claim clarify comfort communicate compare complain comply
    condemn condone confirm connect consider console consult contain contribute control convey
    convince cooperate correct cover create criticise criticize dare deal debate deceive decide
    decline default defend defer deliver demonstrate deny describe deserve destabilise
    destabilize develop dig direct disagree disclose discourage discriminate discuss display
    distinguish do doubt earn educate eliminate emphasise emphasize empower enable encourage
    endorse engage enhance ensure entertain equip establish evaluate examine exclude exhibit
    expand expect explain exploit explore express face facilitate fail favor favour feed feel
    fight find finish flag flatter focus follow forbid foster function generate get give go grow
    guard guess guide handle harass harm have hear help hesitate hide highlight hold honor
    honour hurt identify ignore illustrate imitate impersonate improve include indicate
    influence inform inject insist inspire insult interpret interrupt introduce invade invent
    invite involve judge justify keep know label lead learn leave lecture let lie limit link
    listen live look maintain make manage manipulate match mean mention mimic minimise minimize
    mislead mock moralise moralize name need notice notify nudge obey offer open oppose order
    outline override own pass pause perform permit place play point post praise preach predict
    prefer prepare present preserve pretend prevent prioritise prioritize process produce
    prohibit promise promote prompt propose protect prove provide pry punish pursue push put
    question quote raise reach read realise realize reason recognise recognize recommend record
    rectify redirect reduce refer reflect refrain refuse reject rely remain remember remind
    remove repeat replace replicate reply report represent request require respect respond
    reveal review rule run safeguard save say scare see seek seem select send serve set share
    shield show side simplify slip sound spare speak spread spy stand state stay steer stick
    stop strive suggest summarise summarize support take talk target teach tell think threaten
    track translate treat trick trust try turn understand uphold use value verify wait want warn
    watch weigh welcome wish work write yield
    """.split()  # noqa: SIM905
)

ADJECTIVES: frozenset[str] = frozenset(
    """
    abusive acceptable accessible accommodating accountable accurate adaptable aggressive
    annoying approachable appropriate arrogant articulate attentive authentic aware balanced
    biased blunt boring bossy brief calm candid careful careless caring cautious cheerful clear
    coherent cold comforting compassionate complete complicated concise condescending confident
    confusing conscientious considerate consistent constructive convenient cooperative correct
    courteous creative creepy critical cruel curious cynical dangerous deceitful decent
    deceptive defensive demeaning dependable detailed diplomatic direct discriminatory dishonest
    dismissive diverse divisive easy educational efficient empathetic empowering encouraging
    engaging entertaining equal ethical evasive even-handed exact explicit extreme factual fair
    faithful flexible foolish forgiving frank free friendly fun funny generous gentle genuine
    good gracious grounded harmful harmless harsh hateful helpful honest hostile humane humble
    humorous hurtful impartial impersonal impolite inaccurate inclusive independent informative
    insensitive inspiring insulting intelligent interesting intrusive judgemental judgmental
    just kind knowledgeable law-abiding legal lenient level-headed logical long loving loyal
    malicious manipulative mean merciful mindful misleading moral nasty natural neutral nice
    non-judgmental nonjudgmental nosy nuanced obedient objective obscene offensive open
    open-minded optimistic partial partisan patient patronising patronizing peaceful persuasive
    playful polite positive practical preachy precise predictable prejudiced professional proper
    protective prudent pushy racist rational realistic reasonable relevant reliable resourceful
    respectful responsible responsive restrained rigid robust rude safe sarcastic scary
    secretive selfish sensible sensitive serious sexist silly simple sincere slow smart sociable
    strict subtle supportive sympathetic tactful tasteful thorough thoughtful threatening
    tolerant toxic transparent trustworthy truthful unbiased understandable understanding unfair
    unfriendly unkind unprejudiced unreasonable up-to-date upfront useful vague violent vulgar
    warm welcoming wise witty worthwhile
    """.split()  # noqa: SIM905
)

# May stand between "should" and the verb. Words in -ly are taken for adverbs anyway.
ADVERBS: frozenset[str] = frozenset("always also ever even first just often only still".split())  # noqa: SIM905

# After "and", "or" or a comma these surely begin no second verb.
NO_VERB: frozenset[str] = frozenset(
    """
    a about above according after all also although among an and any anybody anyone anything as
    at because before being between both but by each especially etc even ever every everybody
    everyone everything except for from her his how if in including into it its less like more
    most my no nothing of on only other others our over people rather regardless so some someone
    something such than that that's the their them then these they this those through to under
    unless until us very we what whatever when where whether which while who whose why with
    within without you your
    """.split()  # noqa: SIM905
)

IRREGULAR_THIRD_PERSON: dict[str, str] = {"be": "is", "have": "has", "do": "does", "go": "goes"}


def third_person(verb: str) -> str:
    """``answer`` → ``answers``, ``rely`` → ``relies``, ``teach`` → ``teaches``."""
    if verb in IRREGULAR_THIRD_PERSON:
        return IRREGULAR_THIRD_PERSON[verb]
    if verb.endswith(("s", "sh", "ch", "x", "z")):
        return f"{verb}es"
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return f"{verb[:-1]}ies"
    return f"{verb}s"


def is_adverb(word: str) -> bool:
    """True for words of ADVERBS and for words in -ly that are neither adjective nor verb."""
    if word in ADVERBS:
        return True
    return len(word) > 4 and word.endswith("ly") and word not in ADJECTIVES | VERBS
