const ACTIVITIES: readonly (readonly [name: string, words: RegExp])[] = [
  [
    'running',
    /\b(?:ran|runs?|running|jog(?:s|ged|ging)?|marathon|sprint(?:s|ed|ing)?|gejoggt|joggen|gelaufen|laufen)\b/i,
  ],
  ['hiking', /\b(?:hik(?:e|ed|es|ing)|gewandert|wandern)\b/i],
  ['cycling', /\b(?:cycl(?:e|ed|es|ing)|bik(?:e|ed|es|ing)|rode|bicycle|radfahren|rad|geradelt)\b/i],
  ['swimming', /\b(?:swam|swim(?:s|ming)?|swum|geschwommen|schwimmen)\b/i],
  ['rowing', /\b(?:row(?:ed|ing)|gerudert)\b/i],
  ['yoga', /\byoga\b/i],
  ['pilates', /\bpilates\b/i],
  ['climbing', /\b(?:climb(?:ed|ing|s)?|bouldering|bouldered)\b/i],
  ['dancing', /\b(?:danc(?:e|ed|ing))\b/i],
  ['ball games', /\b(?:football|soccer|basketball|volleyball|tennis|badminton|squash|handball)\b/i],
  ['skiing', /\b(?:ski(?:ed|ing)?|snowboard(?:ed|ing)?)\b/i],
  [
    'strength training',
    /\b(?:lift(?:ed|ing)?|weights?|strength|gym|push-?ups?|pull-?ups?|sit-?ups?|squats?|burpees?|lunges?|crunches|bench(?:ed)?|deadlifts?|liegestütze?)\b/i,
  ],
  ['stretching', /\bstretch(?:ed|ing)?\b/i],
  ['walking', /\b(?:walk(?:s|ed|ing)?|steps?|stroll(?:ed)?|gegangen|spaziert|schritte?)\b/i],
  [
    'workout',
    /\b(?:work(?:ed|ing)? ?outs?|work-?outs?|trained|training|exercis(?:e|ed|es|ing)|hiit|crossfit|cardio|sports?|trainiert)\b/i,
  ],
];

/** The kind of sport that a text names; undefined: none that is known. */
export function activityIn(text: string): string | undefined {
  return ACTIVITIES.find(([, words]) => words.test(text))?.[0];
}
