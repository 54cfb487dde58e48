/** Named for the person who reads why. */
const NAMES: Readonly<Record<string, string>> = {
  '\0': 'a NUL character',
  '\n': 'a line break',
  '\r': 'a carriage return',
};

/** Characters that turn the direction of text: what is shown to who approves would not be what runs. */
const INVISIBLE = /[\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}-\u{202e}\u{2066}-\u{2069}]/u;
const CONTROL = /[\p{Cc}--\t]/v;
/** Line breaks belong to shell scripts. */
const CONTROL_IN_SCRIPT = /[\p{Cc}--[\t\n]]/v;

/**
 * What no command line may hold, whatever the rules say: it would be lost or changed on the way to the program, or
 * read differently by people and by programs. Undefined when there is nothing of that kind.
 * @param isScript a shell gets it: it may have several lines
 */
export function findRefusedCharacter(line: string, isScript: boolean): string | undefined {
  // Half a character would become U+FFFD: not what the rules have looked at.
  if (!line.isWellFormed()) return 'half of a UTF-16 pair';
  const control = (isScript ? CONTROL_IN_SCRIPT : CONTROL).exec(line)?.[0];
  if (control !== undefined) return NAMES[control] ?? `the control character ${codeOf(control)}`;
  const invisible = INVISIBLE.exec(line)?.[0];
  return invisible === undefined ? undefined : `the invisible character ${codeOf(invisible)}`;
}

function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
