/** The names of all tasks, for fields that complete them. Written once: a project may have hundreds of tasks. */
import { memo, type ReactNode } from "react";
import type { Task } from "../api";

export const TASK_NAMES = "editor-tasks";

export const TaskNames = memo(function TaskNames({ tasks }: { tasks: readonly Task[] }): ReactNode {
  return (
    <datalist id={TASK_NAMES}>
      {tasks.map(({ name }) => (
        <option key={name} value={name} />
      ))}
    </datalist>
  );
});
