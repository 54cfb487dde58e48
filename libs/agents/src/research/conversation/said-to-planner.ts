/** Whether it asks how far a task is. */
export function asksForStatus(text: string): boolean {
  return text.length < 200 && STATUS.test(text);
}

const STATUS =
  /\b(?:status|progress|how far|how long|still (?:running|working|busy)|(?:what|which step) (?:are you|is (?:it|he|the task)) (?:doing|at|working)|are you (?:done|finished|ready)|is (?:it|the (?:task|report|analysis)) (?:done|finished|ready)|(?:done|finished|ready) yet|(?:current|which) (?:step|state)|wie weit|stand der dinge)\b/iu;

/** Whether it is to stop. */
export function asksToCancel(text: string): boolean {
  return /^\s*(?:please\s+)?(?:cancel|stop|abort|abbrechen|stopp)\b.{0,40}$/iu.test(text);
}

/** Whether a message after a report begins another task, rather than changing the report. */
export function beginsAnew(text: string): boolean {
  return BEGINNING.test(text) && !CHANGE.test(text);
}

const BEGINNING =
  /^\s*(?:@\S+\s+)?(?:(?:please|now|next|ok(?:ay)?|can you|could you|new task:?)[,\s]+)*(?:analy[sz]e|research|investigate|compare|calculate|compute|examine|evaluate|read|note|new task)\b/iu;

const CHANGE =
  /\b(?:rewrite|refine|rephrase|redo|only|just|instead|focus|shorten|shorter|longer|again|also|too|add|same|report|summary|them|these|those|it)\b/iu;
