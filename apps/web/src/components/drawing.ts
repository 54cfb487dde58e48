import type { Root } from 'hast';

/** What is to be worked out of a foreign text: Markdown, or the colours of code in this language. */
export interface DrawRequest {
  readonly text: string;
  /** Not given: the text is Markdown. */
  readonly language?: string;
}

/**
 * The elements to be shown, within the bounds of `boundTree`, or why the text is shown as it was written.
 * `weight`: what they cost a page to lay out, in plain elements.
 */
export type Drawing = { readonly tree: Root; readonly weight: number } | { readonly problem: string };

/** A drawing, and of which text: a text that grows is ahead of it. */
export interface DrawnText {
  readonly text: string;
  readonly drawing: Drawing;
}
