import { Button } from "@mantine/core";
import { IconCalendarPlus } from "@tabler/icons-react";
import { useDesk } from "./desk";
import classes from "./EmptyWeek.module.css";

/** Stands where the week's shifts would be, and says how they come there. */
export function EmptyWeek({ add }: { add: () => void }) {
  const { manager } = useDesk();
  return (
    <div className={classes.empty}>
      <IconCalendarPlus size={30} stroke={1.4} aria-hidden="true" />
      <p className={classes.title}>Nothing planned this week</p>
      <p className={classes.text}>
        {manager
          ? "Plan it here. What you save as a draft only managers see, until you publish it."
          : "Shifts appear here the moment they are published."}
      </p>
      {manager && (
        <Button variant="light" mt={16} onClick={add}>
          Plan the first shift
        </Button>
      )}
    </div>
  );
}
