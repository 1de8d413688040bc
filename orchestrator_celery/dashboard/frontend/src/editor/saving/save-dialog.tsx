/** Saves a version. If somebody else saved meanwhile, it tells who and what, and overwrites nothing. */
import { useState, type ReactNode } from "react";
import { problemOf } from "@/api/problem";
import { Button } from "@/parts/button";
import { Dialog, Field, INPUT } from "@/parts/dialog";
import { DialogForm } from "@/parts/form";
import { Note } from "@/parts/states";
import { Ago } from "@/parts/time";
import { readGraph, saveVersion, type SavedGraph } from "../api";
import { savedLayout } from "../model/arrange";
import type { Sheet } from "../model/document";
import { DifferenceView } from "./difference";

export interface SaveProps {
  sheet: Sheet;
  /** How many problems the check has found. */
  problems: number;
  /** The name of the graph; empty for a new one. */
  name: string;
  base: number;
  onClose: () => void;
  onSaved: (saved: SavedGraph, sheet: Sheet) => void;
}

export function SaveDialog(props: SaveProps): ReactNode {
  const [conflict, setConflict] = useState<SavedGraph | null>(null);
  const { name, base } = props;
  return (
    <Dialog
      open
      onClose={props.onClose}
      title={conflict ? `${conflict.name} was changed meanwhile` : name ? `Save ${name}` : "Save a new graph"}
      about={conflict ? undefined : name ? `Becomes a version after ${base}. Runs keep the version that they began with.` : "Becomes version 1 of this name."}
      width={conflict ? 820 : 480}
    >
      <Form {...props} conflict={conflict} onConflict={setConflict} />
    </Dialog>
  );
}

function Form({ sheet, problems, name, base, onClose, onSaved, conflict, onConflict }: SaveProps & { conflict: SavedGraph | null; onConflict: (newest: SavedGraph) => void }): ReactNode {
  const [wanted, setWanted] = useState(name || sheet.document.name || "");
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [compared, setCompared] = useState(false);
  const [other, setOther] = useState("");
  const save = async (target: string, from: number): Promise<void> => {
    setBusy(true);
    setError(null);
    // A graph without a name of its own takes that of its first save, so that its runs have it.
    const document = sheet.document.name ? sheet.document : { ...sheet.document, name: target };
    const now = { ...sheet, document };
    try {
      const saved = await saveVersion(target, { document, layout: savedLayout(now), note: note.trim(), base: from });
      onSaved(saved, now);
      onClose();
    } catch (problem) {
      if (problemOf(problem).status === 409) {
        try {
          onConflict(await readGraph(target, null));
          setCompared(false);
        } catch (second) {
          setError(second);
        }
      } else setError(problem);
    } finally {
      setBusy(false);
    }
  };
  const buttons = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      {conflict ? (
        <Button kind="primary" busy={busy} refusal={compared ? null : "Compare both versions first."} onClick={() => void save(conflict.name, conflict.version)}>
          Save as a new version anyway
        </Button>
      ) : (
        <Button type="submit" kind="primary" busy={busy} disabled={!wanted.trim()}>
          Save
        </Button>
      )}
    </>
  );
  return (
    <DialogForm submit={() => void save(wanted.trim(), name ? base : 0)} ready={!conflict && Boolean(wanted.trim())} error={error} buttons={buttons}>
      {conflict ? (
        <>
          <Note tone="suspended">
            <b className="font-[580]">{conflict.author || "Somebody"}</b> saved version {conflict.version} <Ago time={conflict.saved} />
            {conflict.note ? <>: “{conflict.note}”</> : "."} {base ? `You began with version ${base}.` : "You began a new graph."} Nothing was overwritten.
          </Note>
          {compared ? (
            <DifferenceView old={conflict.document} now={sheet.document} oldName={`version ${conflict.version}`} nowName="yours" />
          ) : (
            <Button className="self-start" icon="columns" onClick={() => setCompared(true)}>
              Compare it with yours
            </Button>
          )}
          <Field label="Keep yours under another name">
            <div className="flex gap-2">
              <input dir="auto" className={INPUT} maxLength={200} value={other} placeholder={`${conflict.name}, my changes`} onChange={(event) => setOther(event.target.value)} />
              <Button busy={busy} disabled={!other.trim()} onClick={() => void save(other.trim(), 0)}>
                Save under this name
              </Button>
            </div>
          </Field>
        </>
      ) : (
        <>
          {name ? null : (
            <Field label="Name">
              <input dir="auto" autoFocus required maxLength={200} className={INPUT} value={wanted} onChange={(event) => setWanted(event.target.value)} />
            </Field>
          )}
          <Field label="Note" hint="What changed, for those who read the versions.">
            <input dir="auto" autoFocus={Boolean(name)} maxLength={500} className={INPUT} value={note} onChange={(event) => setNote(event.target.value)} />
          </Field>
        </>
      )}
      {problems && !error ? <Note tone="suspended">The graph has {problems === 1 ? "a problem" : `${problems} problems`}. Only a graph that can run is saved; until then this browser keeps it as a draft.</Note> : null}
    </DialogForm>
  );
}
