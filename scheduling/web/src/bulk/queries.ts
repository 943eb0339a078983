import { type UseLiveMutation, useLiveMutation, useLiveQuery } from "@tidings/react/query";
import { conflictOf, retry } from "../api/problem";
import type { FullTemplate, TemplateShift } from "../api/types";
import { type Template, Templates } from "../live.gen";
import { useSignedIn } from "../session/signed-in";

const TEMPLATES = ["templates"];

const listed = ({ shifts: _, ...template }: FullTemplate): Template => template;

/** All templates; undefined until they are there. */
export function useTemplates() {
  const { api } = useSignedIn();
  return useLiveQuery({
    queryKey: TEMPLATES,
    queryFn: ({ signal }) => api.templates(signal),
    retry,
    channel: Templates(),
    row: ({ payload }): Template | null => ("template" in payload ? payload.template : null),
    matches: () => true,
  });
}

interface Saving {
  readonly name: string;
  readonly shifts: readonly TemplateShift[];
  /** The template of that name, if there is one: its shifts are replaced. */
  readonly replaces: Template | null;
}

export function useSaveTemplate(): UseLiveMutation<Saving, Template, FullTemplate> {
  const { api } = useSignedIn();
  return useLiveMutation({
    queryKey: TEMPLATES,
    mutationFn: ({ name, shifts, replaces }: Saving, { requestId }) =>
      replaces
        ? api.changeTemplate(replaces.id, { version: replaces.version, name, shifts }, requestId)
        : api.addTemplate(name, shifts, requestId),
    answered: (template) => [listed(template)],
    conflict: conflictOf<Template>,
  });
}

export function useRenameTemplate(): UseLiveMutation<Template, Template, FullTemplate> {
  const { api } = useSignedIn();
  return useLiveMutation({
    queryKey: TEMPLATES,
    mutationFn: ({ id, version, name }: Template, { requestId }) =>
      api.changeTemplate(id, { version, name }, requestId),
    edit: (renamed) => ({ id: renamed.id, row: () => renamed }),
    answered: (template) => [listed(template)],
    conflict: conflictOf<Template>,
  });
}

export function useDeleteTemplate(): UseLiveMutation<Template, Template, void> {
  const { api } = useSignedIn();
  return useLiveMutation({
    queryKey: TEMPLATES,
    mutationFn: ({ id, version }: Template, { requestId }) => api.deleteTemplate(id, version, requestId),
    edit: ({ id }) => ({ id, row: () => null }),
    answered: () => [],
    conflict: conflictOf<Template>,
  });
}
