import type { Root } from 'hast';

/** A request to render a foreign text: Markdown, or code to be highlighted in this language. */
export interface DrawRequest {
  readonly text: string;
  /** Undefined for Markdown. */
  readonly language?: string;
}

/**
 * The elements to be shown, within the limits of `boundTree`, or the reason why the source text is shown instead.
 * `weight`: the cost of the layout, in plain elements.
 */
export type Drawing = { readonly tree: Root; readonly weight: number } | { readonly problem: string };

/** A drawing and its text. A growing text may be longer than the text of its last drawing. */
export interface DrawnText {
  readonly text: string;
  readonly drawing: Drawing;
}
