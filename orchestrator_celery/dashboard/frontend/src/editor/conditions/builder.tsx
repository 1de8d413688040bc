/** The rows of a condition: paths, comparisons and values, joined in groups. */
import { useRef, type ReactNode } from "react";
import { Button } from "@/parts/button";
import { FIELD } from "@/parts/dialog";
import type { Expression } from "./expression";
import { expressionOf, groupOf, inserted, isPath, moved, neighbour, replaced, type Comparison, type Group, type Item, type Joint, type Place, type Row, type TextRow } from "./rows";
import type { Scope } from "./sample";
import { TextLine } from "./text-line";
import { ValueField } from "./value-field";
import { COMPARISON_LABELS, comparisonsFor, newRow, withComparison } from "./values";

interface Editing {
  root: Group;
  scope: Scope;
  change: (root: Group) => void;
  /** Changes the root, and moves the focus to a part of the item at a place when it is drawn. */
  changeAndFocus: (root: Group, place: Place, part: "text" | "up" | "down") => void;
}

export function Builder({ value, onChange, scope }: { value: Expression | undefined; onChange: (value: Expression) => void; scope: Scope }): ReactNode {
  const root = groupOf(value);
  const box = useRef<HTMLDivElement>(null);
  const change = (next: Group): void => {
    const expression = expressionOf(next);
    if (expression !== undefined) onChange(expression);
  };
  const editing: Editing = {
    root,
    scope,
    change,
    changeAndFocus: (next, place, part) => {
      change(next);
      requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`[data-part="${place.join(".")} ${part}"], [data-part="${place.join(".")} ${part}"] textarea`)?.focus());
    },
  };
  return (
    <div ref={box} className="@container min-w-0">
      <GroupRows group={root} place={[]} editing={editing} />
    </div>
  );
}

function GroupRows({ group, place, editing }: { group: Group; place: Place; editing: Editing }): ReactNode {
  const { root, scope, change, changeAndFocus } = editing;
  const outermost = place.length === 0;
  const set = (next: Partial<Group>): void => change(outermost ? { ...root, ...next } : replaced(root, place, (item) => ({ ...item, ...next }) as Item));
  const add = (item: Item): void => {
    // A new edge has the condition `true`, which the first condition replaces.
    const isFresh = outermost && expressionOf(group) === true;
    const end = [...place, isFresh ? 0 : group.items.length];
    changeAndFocus(inserted(isFresh ? { ...root, items: [] } : root, end, item), item.kind === "group" ? [...end, 0] : end, "text");
  };
  const other: Joint = group.joint === "and" ? "or" : "and";
  return (
    <fieldset className={`m-0 flex min-w-0 flex-col gap-2 p-0 ${outermost ? "border-0" : "rounded-md border border-line bg-sunken/60 p-2"}`}>
      <legend className="sr-only">{outermost ? "Conditions" : `Group ${nameOf(place)}`}</legend>
      {group.items.length > 1 || !outermost ? (
        <div className="flex flex-wrap items-center gap-2">
          {outermost ? null : <Negation negated={group.negated} name={`group ${nameOf(place)}`} onChange={(negated) => set({ negated })} />}
          <select className={`${FIELD} h-[26px] text-sm`} aria-label={outermost ? "Conditions are joined by" : `Group ${nameOf(place)} is joined by`} value={group.joint} onChange={(event) => set({ joint: event.target.value as Joint })}>
            <option value="and">all of these hold</option>
            <option value="or">at least one of these holds</option>
          </select>
          {outermost ? null : <Verbs place={place} editing={editing} name={`group ${nameOf(place)}`} />}
        </div>
      ) : null}
      {group.items.map((item, index) => (
        <ItemRow key={index} item={item} place={[...place, index]} editing={editing} />
      ))}
      <div className="flex flex-wrap gap-2">
        <Button small kind="quiet" icon="plus" onClick={() => add(newRow(scope))}>
          Add condition
        </Button>
        {group.items.length ? (
          <Button small kind="quiet" icon="plus" onClick={() => add({ kind: "group", joint: other, negated: false, items: [newRow(scope), newRow(scope)] })}>
            Add group
          </Button>
        ) : null}
      </div>
    </fieldset>
  );
}

function ItemRow({ item, place, editing }: { item: Item; place: Place; editing: Editing }): ReactNode {
  if (item.kind === "group") return <GroupRows group={item} place={place} editing={editing} />;
  return (
    <div role="group" aria-label={`Condition ${nameOf(place)}`} className="flex min-w-0 items-start gap-1 rounded-md border border-line bg-raised p-[6px]">
      <div data-part={`${place.join(".")} text`} className="flex min-w-0 flex-1 flex-col gap-[6px] @[720px]:flex-row @[720px]:items-start">
        {item.kind === "row" ? <Fields row={item} place={place} editing={editing} /> : <Text row={item} place={place} editing={editing} />}
      </div>
      <Verbs place={place} editing={editing} name={`condition ${nameOf(place)}`} />
    </div>
  );
}

function Fields({ row, place, editing }: { row: Row; place: Place; editing: Editing }): ReactNode {
  const { root, scope, change } = editing;
  const name = nameOf(place);
  const set = (next: Item): void => change(replaced(root, place, () => next));
  const { suited, others } = comparisonsFor(row.left, scope);
  const options = (each: Comparison): ReactNode => (
    <option key={each} value={each}>
      {COMPARISON_LABELS.get(each)}
    </option>
  );
  // The comparison that the row has is always among those that suit.
  const first = suited.includes(row.comparison) ? suited : [row.comparison, ...suited];
  return (
    <>
      <div className="min-w-0 flex-1">
        <TextLine
          label={`Value of condition ${name}`}
          value={row.left}
          scope={scope}
          atOnce={isPath}
          onChange={(left) => {
            if (left === undefined) return;
            // A whole condition, typed or pasted into the field, takes the place of the row.
            set(isPath(left) ? { ...row, left } : { kind: "text", expression: left });
          }}
        />
      </div>
      <div className="flex items-start gap-1">
        <Negation negated={row.negated} name={`condition ${name}`} onChange={(negated) => set({ ...row, negated })} />
        <select className={`${FIELD} min-w-[112px] flex-1`} aria-label={`Comparison of condition ${name}`} value={row.comparison} onChange={(event) => set(withComparison(row, event.target.value as Comparison, scope))}>
          {first.map(options)}
          {others.length ? <optgroup label="Others">{others.filter((each) => each !== row.comparison).map(options)}</optgroup> : null}
        </select>
      </div>
      {row.comparison === "exists" || row.comparison === "holds" ? null : <ValueField name={name} row={row} scope={scope} onChange={(right) => set({ ...row, right })} />}
    </>
  );
}

function Text({ row, place, editing }: { row: TextRow; place: Place; editing: Editing }): ReactNode {
  return (
    <div className="min-w-0 flex-1">
      <TextLine
        label={`Condition ${nameOf(place)}, as text`}
        value={row.expression}
        scope={editing.scope}
        atOnce={never}
        onChange={(expression) => expression !== undefined && editing.change(replaced(editing.root, place, () => ({ kind: "text", expression })))}
      />
    </div>
  );
}

/** A text that gets a row form would lose its field, and the focus, while it is typed. */
function never(): boolean {
  return false;
}

function Negation({ negated, name, onChange }: { negated: boolean; name: string; onChange: (negated: boolean) => void }): ReactNode {
  return (
    <button
      type="button"
      aria-pressed={negated}
      aria-label={`not: ${name}`}
      title={negated ? "Holds if this does not hold" : "Turn into its opposite"}
      className={`h-[30px] shrink-0 rounded-md border px-2 text-sm font-[550] ${negated ? "border-failed bg-failed-soft text-failed" : "border-line-strong bg-surface text-faint hover:text-ink"}`}
      onClick={() => onChange(!negated)}
    >
      not
    </button>
  );
}

function Verbs({ place, editing, name }: { place: Place; editing: Editing; name: string }): ReactNode {
  const { root, change, changeAndFocus } = editing;
  const alone = place.length === 1 && root.items.length === 1;
  const mover = (part: "up" | "down", by: 1 | -1, refusal: string): ReactNode => (
    <Button
      small
      kind="quiet"
      icon={by < 0 ? "arrowUp" : "arrowDown"}
      data-part={`${place.join(".")} ${part}`}
      aria-label={`Move ${name} ${part}`}
      refusal={neighbour(root, place, by) ? null : refusal}
      onClick={() => {
        const next = moved(root, place, by);
        changeAndFocus(next.group, next.place, part);
      }}
    />
  );
  return (
    <div className="ml-auto flex shrink-0">
      {alone ? null : (
        <>
          {mover("up", -1, "It is the first.")}
          {mover("down", 1, "It is the last.")}
          <Button small kind="quiet" icon="close" aria-label={`Remove ${name}`} onClick={() => change(replaced(root, place, () => null))} />
        </>
      )}
    </div>
  );
}

function nameOf(place: Place): string {
  return place.map((index) => index + 1).join(".");
}
