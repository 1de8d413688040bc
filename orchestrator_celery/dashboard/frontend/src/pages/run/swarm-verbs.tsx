/** The verbs of a swarm: add tasks, close it, change the priority of waiting items. */
import { useState, type ReactNode } from "react";
import { post, type Schemas } from "@/api/client";
import { useSession } from "@/api/queries";
import { Button } from "@/parts/button";
import { Confirm, Dialog, Field, INPUT, Menu } from "@/parts/dialog";
import { DialogForm, useSubmit } from "@/parts/form";
import { counted, exact } from "@/parts/format";
import { toast, toastError } from "@/parts/toast";
import { AddTasks } from "./add-tasks";
import { refreshRun } from "./run-verbs";

export type Priority = Schemas["PriorityForm"]["priority"];
const LEVELS: { level: Priority; word: string }[] = [
  { level: "HIGH", word: "High" },
  { level: "MEDIUM", word: "Medium" },
  { level: "LOW", word: "Low" },
];

export interface SwarmPlace {
  run: string;
  swarm: string;
  name: string;
  /** Whether it takes items. */
  open: boolean;
  /** A task of it. */
  task: string;
}

export function SwarmVerbs({ place, selected, onDone }: { place: SwarmPlace; selected: ReadonlySet<number>; onDone: () => void }): ReactNode {
  const may = useSession().data?.verbs ?? [];
  const [asking, setAsking] = useState<"add" | "close" | "drain" | "priority" | null>(null);
  const refusal = (verb: string): string | null => (may.includes(verb) ? null : `Your role does not allow to ${verb.replace("_", " ")}.`);
  const close = (): void => setAsking(null);
  const prioritize = (level: Priority): void => {
    setPriority(place, [...selected], level).then(onDone, toastError);
  };
  return (
    <>
      {selected.size ? (
        <>
          <span className="text-sm text-muted">{exact(selected.size)} selected</span>
          <Menu
            label="Priority of the selected items"
            trigger={
              <Button small icon="flag">
                Priority
              </Button>
            }
            items={LEVELS.map(({ level, word }) => ({ label: word, refusal: refusal("set_priority"), onSelect: () => prioritize(level) }))}
          />
        </>
      ) : (
        <Button small kind="quiet" icon="flag" refusal={refusal("set_priority")} onClick={() => setAsking("priority")}>
          Priority…
        </Button>
      )}
      {place.open ? (
        <>
          <Button small icon="plus" refusal={refusal("add_tasks")} onClick={() => setAsking("add")}>
            Add tasks…
          </Button>
          <Menu
            label="Close the swarm"
            trigger={<Button small>Close…</Button>}
            items={[
              { label: "Now", refusal: refusal("close"), onSelect: () => setAsking("close") },
              { label: "When no item is left", refusal: refusal("close"), onSelect: () => setAsking("drain") },
            ]}
          />
        </>
      ) : null}
      {asking === "add" ? <AddTasks run={place.run} swarm={place.swarm} name={place.name} first={place.task} onClose={close} /> : null}
      {asking === "priority" ? <PriorityByTask place={place} onClose={close} /> : null}
      <Confirm
        open={asking === "close" || asking === "drain"}
        onClose={close}
        title={`Close ${place.name}?`}
        about={
          asking === "drain"
            ? "It closes as soon as no item waits or runs. Until then, items may still be added."
            : "It takes no more items, and ends when its items have ended. It cannot be opened again."
        }
        verb="Close"
        onConfirm={async () => {
          await post("/api/runs/{run}/close", { run: place.run }, { node: place.swarm, drained: asking === "drain" });
          toast(asking === "drain" ? "It closes when no item is left." : "Closed: it takes no more items.");
          refreshRun(place.run);
        }}
      />
    </>
  );
}

async function setPriority(place: SwarmPlace, which: number[] | string, priority: Priority): Promise<void> {
  const done = await post("/api/runs/{run}/priority", { run: place.run }, { which, priority, node: place.swarm });
  toast(done.changed ? `${counted(done.changed, "waiting item")} changed.` : "No item changed: those have begun, or had this priority.");
  refreshRun(place.run);
}

/** All waiting items of a task. */
function PriorityByTask({ place, onClose }: { place: SwarmPlace; onClose: () => void }): ReactNode {
  const [task, setTask] = useState(place.task);
  const [level, setLevel] = useState<Priority>("HIGH");
  const { busy, error, submit } = useSubmit(async () => {
    await setPriority(place, task, level);
    onClose();
  });
  const button = (
    <Button type="submit" kind="primary" busy={busy} disabled={!task}>
      Change
    </Button>
  );
  return (
    <Dialog open onClose={onClose} title="Priority of waiting items" about="For single items, tick them in the list: waiting items have a box.">
      <DialogForm submit={submit} ready={Boolean(task)} error={error} buttons={button}>
        <Field label="All waiting items of the task">
          <input className={`${INPUT} font-mono`} spellCheck={false} value={task} onChange={(event) => setTask(event.target.value.trim())} />
        </Field>
        <Field label="New priority">
          <select className={INPUT} value={level} onChange={(event) => setLevel(event.target.value as Priority)}>
            {LEVELS.map((each) => (
              <option key={each.level} value={each.level}>
                {each.word}
              </option>
            ))}
          </select>
        </Field>
      </DialogForm>
    </Dialog>
  );
}
