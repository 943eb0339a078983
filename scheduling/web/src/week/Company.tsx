import { Popover, Tooltip, UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useDesk } from "../grid/desk";
import type { Week } from "../grid/use-week";
import { useLooking } from "../live/presence";
import { list } from "../time/words";
import { Face } from "../ui/Face";
import classes from "./Company.module.css";

/** Faces that stand side by side: of more, the last place says how many. */
const FACES = 4;

/** The other managers who are looking at the week: their faces, and a list of them that opens. */
export function Company({ week: { staff } }: { week: Week }) {
  const { t } = useTranslation();
  const { nameOf } = useDesk();
  const people = useLooking().filter((id) => staff.has(id));
  if (people.length === 0) return null;
  const shown = people.length > FACES ? people.slice(0, FACES - 1) : people;
  const names = list(t, people.map(nameOf));
  const label = t("live.presence.looking", { count: people.length, names });
  return (
    <Popover position="bottom-end" width={240} shadow="md">
      <Popover.Target>
        <UnstyledButton className={classes.company} aria-label={label}>
          <Tooltip.Group>
            {shown.map((id) => (
              <Tooltip key={id} label={nameOf(id)}>
                <span className={classes.one} data-looking={id}>
                  <Face name={nameOf(id)} size={28} />
                </span>
              </Tooltip>
            ))}
          </Tooltip.Group>
          {people.length > shown.length && (
            <span className={classes.more} aria-hidden="true">
              +{people.length - shown.length}
            </span>
          )}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <p className={classes.title}>{t("live.presence.here")}</p>
        <ul className={classes.people}>
          {people.map((id) => (
            <li key={id}>
              <Face name={nameOf(id)} size={24} /> {nameOf(id)}
            </li>
          ))}
        </ul>
      </Popover.Dropdown>
    </Popover>
  );
}
