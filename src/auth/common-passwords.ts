/**
 * Words and walks over the keyboard that guessers try first, written down here and not copied from any leak. Only the
 * stems stand here; {@link isCommonPassword} undoes the usual dressing: capitals, 0 for o, a year or an exclamation mark
 * at the end.
 */
const STEMS = new Set(
  `password passwort passord passwd pass passphrase passe motdepasse contrasena senha parola wachtwoord salasana haslo
  admin administrator administrateur root superuser sysadmin system user username guest test tester testing demo default
  changeme changeit change letmein letmeinnow welcome willkommen bienvenue bienvenido login logon signin access open
  opensesame sesame secret topsecret geheim private secure security unlock enter hello hallo hola bonjour ciao goodbye
  master mastermind boss owner manager office company work home house family mother father mommy daddy sister brother
  love loveyou iloveyou ilovu lovely lover loveme sweet sweetheart honey darling baby babygirl babyboy angel princess
  prince queen king kingdom sunshine rainbow flower butterfly summer winter spring autumn january february march april
  june july august september october november december monday tuesday wednesday thursday friday saturday sunday
  football fussball soccer baseball basketball hockey tennis golf rugby cricket liverpool arsenal chelsea barcelona
  realmadrid juventus manchester united yankees cowboys lakers eagles steelers rangers dallas
  dragon monkey tiger lion panther wolf bear eagle falcon hawk shark dolphin horse donkey chicken kitten kitty cat dog
  puppy doggy bunny rabbit turtle snake spider bubbles cookie cookies banana orange apple cherry strawberry chocolate
  pepper ginger cheese pizza coffee whiskey
  batman superman spiderman ironman wonderwoman starwars startrek matrix pokemon pikachu mario luigi zelda minecraft
  fortnite warcraft naruto goku gandalf frodo hobbit harrypotter hogwarts potter merlin arthur excalibur phoenix
  shadow hunter killer ninja samurai warrior soldier ranger trooper sniper gunner pirate viking
  michael jessica jennifer ashley amanda daniel joshua andrew matthew robert thomas william david charlie george jordan
  michelle nicole hannah samantha anthony alexander christopher jonathan patrick victoria elizabeth maria martin peter
  mercedes porsche ferrari mustang corvette camaro harley yamaha toyota honda ford chevrolet bmw audi volkswagen
  computer internet network server database windows linux apple android google facebook twitter instagram linkedin
  youtube yahoo hotmail gmail microsoft samsung nokia oracle cisco docker kubernetes
  america canada london paris berlin madrid moscow newyork california texas florida chicago boston england germany
  france italy spain mexico brazil india china japan
  qwerty qwertz azerty qwertyuiop qwertzuiop azertyuiop asdf asdfgh asdfghjkl yxcvbnm zxcvbnm zxcvbn qazwsx qazwsxedc
  wsxedc zaqwsx qweasd qweasdzxc qwe asd zxc poiuytrewq lkjhgfdsa mnbvcxz
  abc abcd abcde abcdef abcdefg abcdefgh abcdefghi aabbcc xyz
  whatever nothing something anything trustno freedom jesus jesuschrist christ church heaven blessed faith hope
  money cash dollar lucky winner diamond golden silver crystal magic magical mystery thunder lightning storm fire
  blink maverick metallica nirvana slipknot eminem beatles elvis
  fuckyou fuckoff asshole bitch bullshit sexy
  correcthorsebatterystaple`.split(/\s+/),
);

const DIGIT_RUNS = '01234567890';
const LETTER_RUNS = 'abcdefghijklmnopqrstuvwxyz';
const KEY_ROWS = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm', 'qwertzuiop', 'yxcvbnm', 'azertyuiop'];
/** Up and down between two or four rows. */
const ZIGZAGS = ['1q2w3e4r5t6y7u8i9o0p', '1q2w3e4r5t6z7u8i9o0p', '1qaz2wsx3edc4rfv5tgb6yhn', 'q1w2e3r4t5y6'];
const RUNS = [DIGIT_RUNS, LETTER_RUNS, ...KEY_ROWS, ...ZIGZAGS].flatMap((run) => [
  run,
  [...run].reverse().join(''),
]);
/** From this length on a run is a walk, not part of a word. */
const WALK = 3;

/** The letters that the usual look-alikes stand for. */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '!': 'i',
  '3': 'e',
  '4': 'a',
  '@': 'a',
  '5': 's',
  $: 's',
  '7': 't',
  '8': 'b',
  '9': 'g',
  '|': 'l',
};

const undress = (text: string): string =>
  [...text].map((character) => LOOK_ALIKES[character] ?? character).join('');

/** `dragon` of `Dragon2024!`, of `!!dragon` and of `20dragon24`. */
const withoutEnds = (text: string): string => text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');

/** Whether the text is nothing but short walks over the keyboard or alphabet, or one thing said again and again. */
function isMonotonous(text: string): boolean {
  if (/^(.{1,4})\1+.{0,3}$/su.test(text)) return true;
  let rest = text;
  while (rest.length >= WALK) {
    const walk = longestWalk(rest);
    if (walk === 0) return false;
    rest = rest.slice(walk);
  }
  return rest.length < WALK;
}

/** Length of the walk that `text` begins with; a repeated character is one too. */
function longestWalk(text: string): number {
  const repeated = /^(.)\1+/su.exec(text)?.[0].length ?? 0;
  let length = repeated >= WALK ? repeated : 0;
  for (const run of RUNS) {
    for (let take = Math.min(text.length, run.length); take > Math.max(length, WALK - 1); take--) {
      if (run.includes(text.slice(0, take))) length = take;
    }
  }
  return length;
}

/**
 * Whether a guesser would try this early.
 * @param password normalised
 */
export function isCommonPassword(password: string): boolean {
  const text = password.toLowerCase();
  if (isMonotonous(text.replace(/[\s!-/:-@[-`{-~]+/g, ''))) return true;
  const forms = [
    text,
    withoutEnds(text),
    undress(text),
    undress(withoutEnds(text)),
    withoutEnds(undress(text)),
  ];
  return forms.some((form) => {
    const letters = form.replace(/[^\p{L}]+/gu, '');
    return STEMS.has(form) || (STEMS.has(letters) && letters.length * 2 >= form.length) || isDoubled(letters);
  });
}

/** `passwordpassword` */
const isDoubled = (text: string): boolean =>
  text.length >= 6 && text.length % 2 === 0 && text.slice(text.length / 2) === text.slice(0, text.length / 2);
