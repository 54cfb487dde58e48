/** Words of requests that need no answer of their own: all other words of a text were not understood. */
const KNOWN = new Set(
  (
    'a about above according across after again against all along also am among amongst an analyse analysed analyses analysing ' +
    'analysis analyze analyzed analyzing and any anything are around as ask at back based be because been before being best ' +
    'better between both bottom brief briefly but by calculate calculated can check chart charts clear clearly close closing ' +
    'comment company companies compare compared compares comparing comparison compute concentrate concise concisely conclusion ' +
    'conclusions correlate correlated correlation correlations could create current currently daily data day days decline declined ' +
    'describe detail detailed details determine did do does doing done down draw drop each either else ever every evaluate examine ' +
    'except explain figure figures find finding findings first focus focused focusing for from full fully get give given go good had ' +
    'has have having hello help her here hey hi his history how i if in include including individual info information insight ' +
    'insights instead into investigate is it its itself just key kind know last least less let list long look looking main make ' +
    'market markets me mean means measure measured measures metric metrics monthly more most much my need needs nice not now number ' +
    'numbers of off ok okay on one only onto or other our out over overview own per percent perform performance performances performed ' +
    'performing period place plan please point points present price prices produce provide question quick quickly quote rank ranked ' +
    'ranking rate re recent recently refine regarding relative report reports request research result results review rewrite rewritten ' +
    'rephrase same say section sentence sentences share shares short shorten shorter should show shows side simple simply since sir so ' +
    'some something statistic statistics stats still stock stocks strong strongest study such sum summaries summarise summarised ' +
    'summarising summarize summarized summarizing summary table tables tell than thank thanks that the their them then there these ' +
    'they thing things this those through time times to together top total towards trading understand until up update updated us use ' +
    'using value values versus very via view vs want was way we weak weakest weekly well were what when where which while who whole ' +
    'why will with within without worst worse would write yearly year years week weeks month months quarter quarters yes yesterday ' +
    'you your happened exclusively merely purely solely compact version text part both three two four five six'
  ).split(' '),
);

/** The runs of words in a text that are not known, at most ten. */
export function unknownWords(text: string): string[] {
  const runs: string[] = [];
  let run: string[] = [];
  const end = (): void => {
    if (run.length > 0) runs.push(run.join(' ').slice(0, 80));
    run = [];
  };
  for (const [token] of text.matchAll(/[\p{L}\p{N}$][\p{L}\p{N}'’%$.-]*|[^\s]/gu)) {
    const word = token.replace(/['’.-]+$/u, '').replace(/['’]s$/u, '');
    if (!/[\p{L}\p{N}]/u.test(word) || KNOWN.has(word.toLowerCase())) end();
    else run.push(word);
  }
  end();
  return [...new Set(runs)].slice(0, 10);
}
