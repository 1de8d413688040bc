/** Names a view. A name that is taken replaces that view, after the form has said so. */
import { useState, type ReactNode } from "react";
import { useSession } from "@/api/queries";
import { Button } from "@/parts/button";
import { Dialog, Field, INPUT } from "@/parts/dialog";
import { DialogForm, useSubmit } from "@/parts/form";
import { Note } from "@/parts/states";
import { toast } from "@/parts/toast";
import { saveView, type SavedView } from "./saved-views";

interface Props {
  filter: string;
  /** The columns that the page shows now. */
  columns: string[];
  views: SavedView[];
  first: { name: string; shared: boolean };
  onSaved: (view: SavedView) => void;
}

export function ViewDialog({ onClose, ...rest }: Props & { onClose: () => void }): ReactNode {
  return (
    <Dialog open onClose={onClose} title="Save this view" about="It is kept on the server: you find it in each browser that you log in with.">
      <Form {...rest} />
    </Dialog>
  );
}

function Form({ filter, columns, views, first, onSaved }: Props): ReactNode {
  const [name, setName] = useState(first.name);
  const [shared, setShared] = useState(first.shared);
  const [withColumns, setWithColumns] = useState(false);
  const session = useSession().data;
  const mayShare = session?.verbs.includes("share_view") ?? false;
  const taken = views.find((view) => view.shared === shared && view.name === name.trim());
  const foreign = taken !== undefined && taken.owner !== session?.actor && !session?.verbs.includes("change_view");
  const { busy, error, submit } = useSubmit(async () => {
    const saved = await saveView({ name: name.trim(), filter, columns: withColumns ? columns : [], shared, base: taken?.version ?? 0 });
    toast(`The view “${saved.name}” is saved.`);
    onSaved(saved);
  });
  const ready = Boolean(name.trim()) && !foreign;
  const button = (
    <Button type="submit" kind="primary" busy={busy} disabled={!ready}>
      {taken ? "Replace" : "Save"}
    </Button>
  );
  return (
    <DialogForm submit={submit} ready={ready} error={error} buttons={button}>
      <Field label="Name" hint={<code className="break-words">{filter || "every run"}</code>}>
        <input className={INPUT} autoFocus maxLength={60} value={name} onChange={(event) => setName(event.target.value)} />
      </Field>
      <Choice checked={withColumns} onChange={setWithColumns} label="Keep the columns that are shown now" />
      <Choice checked={shared} onChange={setShared} disabled={!mayShare} label="Share it with everybody" hint={mayShare ? "" : "Your role does not allow to share views."} />
      {taken ? (
        <Note tone={foreign ? "failed" : "suspended"}>
          {foreign ? "This name belongs to a shared view of " : "Replaces the view of "}
          <bdi>{taken.owner}</bdi> with the filter <code className="break-words">{taken.filter || "every run"}</code>.
        </Note>
      ) : null}
    </DialogForm>
  );
}

function Choice({ label, hint, checked, onChange, disabled = false }: { label: string; hint?: string; checked: boolean; onChange: (on: boolean) => void; disabled?: boolean }): ReactNode {
  return (
    <label className={`flex items-start gap-2 ${disabled ? "text-faint" : ""}`}>
      <input type="checkbox" className="mt-[3px] accent-accent" checked={checked} disabled={disabled} onChange={(event) => onChange(event.target.checked)} />
      <span>
        {label}
        {hint ? <span className="block text-sm text-faint">{hint}</span> : null}
      </span>
    </label>
  );
}
