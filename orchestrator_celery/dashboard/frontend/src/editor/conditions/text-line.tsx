/** The text of an expression, with completion and with the error at its place. */
import { useId, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { complete, type Option } from "./completion";
import type { Expression } from "./expression";
import type { Scope } from "./sample";
import { useDraft } from "./use-draft";

export interface TextLineProps {
  label: string;
  value: Expression | undefined;
  onChange: (value: Expression | undefined) => void;
  scope: Scope;
  /** Whether an empty text means no expression; else it is an error. */
  optional?: boolean;
  placeholder?: string;
  /** A problem of the whole expression that the server or the graph has found. */
  problem?: string | null | undefined;
  /** Whether a value is told while it is typed; else when the field is left. */
  atOnce?: (expression: Expression) => boolean;
}

const always = (): boolean => true;

const SHAPE = "col-start-1 row-start-1 min-w-0 px-2 py-[5px] font-mono text-sm break-words whitespace-pre-wrap";

export function TextLine({ label, value, onChange, scope, optional = false, placeholder, problem, atOnce = always }: TextLineProps): ReactNode {
  const draft = useDraft(value, onChange, optional, atOnce);
  const [caret, setCaret] = useState(0);
  const [open, setOpen] = useState(false);
  const [focused, setFocused] = useState(false);
  const [chosen, setChosen] = useState<number | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const placed = useRef<number | null>(null);
  const id = useId();
  const completion = open ? complete(draft.text, caret, scope) : null;
  const options = completion?.options ?? [];
  // While a word is typed, Enter takes its first completion; an empty word has none.
  const at = chosen ?? (completion?.begun ? 0 : -1);
  const current = options[at];

  useLayoutEffect(() => {
    if (placed.current === null) return;
    field.current?.setSelectionRange(placed.current, placed.current);
    placed.current = null;
  });

  const put = (text: string, next: number): void => {
    draft.change(text);
    setCaret(next);
    setChosen(null);
  };
  const choose = (option: Option): void => {
    if (!completion) return;
    const next = completion.from + option.insert.length - (option.back ?? 0);
    placed.current = next;
    put(draft.text.slice(0, completion.from) + option.insert + draft.text.slice(completion.to), next);
    // Something has to follow an operator or an open bracket.
    setOpen(Boolean(option.back) || option.insert.endsWith(" "));
    field.current?.focus();
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (options.length) setChosen((at + step + options.length + (at < 0 && step < 0 ? 1 : 0)) % options.length);
      else if (step > 0) setOpen(true);
      else return;
    } else if (event.key === " " && event.ctrlKey) setOpen(true);
    else if (event.key === "Enter") {
      if (current && current.insert !== draft.text.slice(completion?.from, completion?.to)) choose(current);
      else {
        setOpen(false);
        draft.settle();
      }
    } else if (event.key === "Tab" && current && !event.shiftKey && current.insert !== draft.text.slice(completion?.from, completion?.to)) choose(current);
    else if (event.key === "Escape" && open) {
      setOpen(false);
      event.stopPropagation();
    } else return;
    event.preventDefault();
  };

  // What is not finished while it is typed is no error yet.
  const unfinished = focused && draft.error !== null && draft.error.position >= draft.text.length;
  const message = draft.error ? `${place(draft.error.position, draft.text)}${draft.error.message}` : (problem ?? "");
  const wrong = draft.error && !unfinished ? draft.error : null;
  return (
    <div className="relative min-w-0">
      <div
        className={`grid rounded-md border bg-surface focus-within:outline-2 focus-within:outline-focus ${wrong || (problem && !draft.error) ? "border-failed" : "border-line-strong"}`}
      >
        <div aria-hidden className={`${SHAPE} pointer-events-none text-transparent`}>
          {wrong ? marked(draft.text, wrong.position, wrong.length) : draft.text}
          {"\u200b"}
        </div>
        <textarea
          ref={field}
          rows={1}
          aria-label={label}
          aria-invalid={wrong || problem ? true : undefined}
          aria-describedby={`${id}-problem`}
          aria-autocomplete="list"
          aria-haspopup="listbox"
          aria-controls={options.length ? `${id}-list` : undefined}
          aria-activedescendant={current ? `${id}-${at}` : undefined}
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="off"
          dir="ltr"
          placeholder={placeholder}
          className={`${SHAPE} h-full w-full resize-none overflow-hidden bg-transparent outline-none placeholder:text-faint`}
          value={draft.text}
          onChange={(event) => {
            put(event.target.value, event.target.selectionStart);
            setOpen(true);
          }}
          onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
          onFocus={(event) => {
            setFocused(true);
            setCaret(event.target.selectionStart);
            if (draft.text === "") setOpen(true);
          }}
          onBlur={() => {
            setFocused(false);
            setOpen(false);
            setChosen(null);
            draft.settle();
          }}
          onKeyDown={onKey}
        />
      </div>
      <p id={`${id}-problem`} aria-live="polite" className={`m-0 text-sm break-words ${message ? "mt-1" : ""} ${unfinished ? "text-faint" : "text-failed"}`}>
        {message.split("`").map((part, index) => (index % 2 ? <code key={index}>{part}</code> : part))}
      </p>
      {options.length ? <Options id={id} options={options} at={at} onChoose={choose} /> : null}
    </div>
  );
}

function Options({ id, options, at, onChoose }: { id: string; options: Option[]; at: number; onChoose: (option: Option) => void }): ReactNode {
  return (
    <ul
      id={`${id}-list`}
      role="listbox"
      aria-label="Completions"
      className="rising absolute top-full z-30 m-0 mt-1 max-h-[240px] w-[min(440px,100%)] min-w-[220px] list-none overflow-y-auto rounded-lg border border-line bg-raised p-1 shadow-float"
    >
      {options.map((option, index) => (
        <li
          key={option.label}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === at}
          ref={index === at ? (element) => element?.scrollIntoView?.({ block: "nearest" }) : undefined}
          className={`flex cursor-pointer items-baseline gap-3 rounded-md px-2 py-[3px] ${index === at ? "bg-accent-soft" : "hover:bg-sunken"}`}
          // The field would lose the focus before a click arrived.
          onPointerDown={(event) => {
            event.preventDefault();
            onChoose(option);
          }}
        >
          <code className="min-w-0 truncate">{option.label}</code>
          <bdi className={`ml-auto min-w-0 truncate text-sm ${index === at ? "text-muted" : "text-faint"}`}>{option.hint}</bdi>
        </li>
      ))}
    </ul>
  );
}

function marked(text: string, position: number, length: number): ReactNode {
  return (
    <>
      {text.slice(0, position)}
      <mark className="rounded-none bg-failed-soft text-transparent underline decoration-failed decoration-wavy underline-offset-[3px]">
        {text.slice(position, position + length) || "\u00a0"}
      </mark>
      {text.slice(position + length)}
    </>
  );
}

function place(position: number, text: string): string {
  return text.length > 12 && position < text.length ? `Character ${position + 1}: ` : "";
}
