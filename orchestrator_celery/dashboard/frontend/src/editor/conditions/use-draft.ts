/** The text of an expression while it is edited: right texts become the value, wrong ones wait. */
import { useState } from "react";
import type { Expression } from "./expression";
import { asText, parse, type SyntaxProblem } from "./grammar";

export interface Draft {
  text: string;
  error: SyntaxProblem | null;
  change: (text: string) => void;
  /** Shows a right text in its own form; a wrong one stays. */
  settle: () => void;
}

/**
 * @param atOnce whether a right text becomes the value while it is typed; else when the field is left. For values that
 *   would put another field in the place of the one that has the focus.
 */
export function useDraft(
  value: Expression | undefined,
  onChange: (value: Expression | undefined) => void,
  optional: boolean,
  atOnce: (expression: Expression) => boolean,
): Draft {
  const written = value === undefined ? "" : asText(value);
  const [draft, setDraft] = useState<{ text: string; of: string } | null>(null);
  // A value from elsewhere, such as an undo, replaces what was typed.
  const live = draft?.of === written ? draft : null;
  const text = live?.text ?? written;
  const blank = text.trim() === "";
  // A fresh field is empty and not wrong.
  const error = blank && (optional || !live) ? null : (parse(text).error ?? null);
  const change = (next: string): void => {
    const { expression } = parse(next);
    const cleared = optional && next.trim() === "";
    const of = expression !== undefined && atOnce(expression) ? asText(expression) : cleared ? "" : written;
    setDraft({ text: next, of });
    if (of !== written) onChange(expression);
  };
  const settle = (): void => {
    if (error || !live) return;
    const { expression } = parse(text);
    setDraft(null);
    if (expression !== undefined && asText(expression) !== written) onChange(expression);
  };
  return { text, error, change, settle };
}
