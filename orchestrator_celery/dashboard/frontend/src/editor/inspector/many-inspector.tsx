/** What can be done with several nodes at once. */
import type { ReactNode } from "react";
import { Button } from "@/parts/button";
import { useEditor, useSessionState } from "../page/context";
import { aligned, placesOf, type Alignment } from "../model/arrange";
import { deleteParts, moveNodes } from "../model/commands";
import { Section } from "./fields";

const ALIGNMENTS: readonly (readonly [Alignment, string])[] = [
  ["left", "Left edges"],
  ["center", "Centres"],
  ["right", "Right edges"],
  ["top", "Top edges"],
  ["middle", "Middles"],
  ["bottom", "Bottom edges"],
  ["row", "Equal gaps in a row"],
  ["column", "Equal gaps in a column"],
];

export function ManyInspector(): ReactNode {
  const { session } = useEditor();
  const { path, selection } = useSessionState(session);
  const align = (how: Alignment): void =>
    session.do("align", (sheet) => moveNodes(sheet, path, aligned(session.graph, placesOf(session.graph, path, sheet.layout), [...selection.nodes], how)));
  return (
    <>
      <div className="flex items-center gap-2 px-3 pt-3 pb-3">
        <b className="flex-1 font-[560]">{selection.nodes.size + selection.lines.size} selected</b>
        <Button small icon="deleted" onClick={() => session.do("delete", (sheet) => deleteParts(sheet, path, selection.nodes, selection.lines))}>
          Delete
        </Button>
      </div>
      {selection.nodes.size > 1 ? (
        <Section title="Align">
          <div className="grid grid-cols-2 gap-2">
            {ALIGNMENTS.map(([how, words]) => (
              <Button key={how} small onClick={() => align(how)}>
                {words}
              </Button>
            ))}
          </div>
        </Section>
      ) : null}
    </>
  );
}
