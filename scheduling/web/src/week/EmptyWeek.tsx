import { Button } from "@mantine/core";
import { IconCalendarPlus } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useDesk } from "../grid/desk";
import classes from "./EmptyWeek.module.css";

/** Stands where the week's shifts would be, and says how they come there. */
export function EmptyWeek({ add }: { add: () => void }) {
  const { t } = useTranslation();
  const { manager } = useDesk();
  return (
    <div className={classes.empty}>
      <IconCalendarPlus size={30} stroke={1.4} aria-hidden="true" />
      <p className={classes.title}>{t("week.empty.title")}</p>
      <p className={classes.text}>{manager ? t("week.empty.forManagers") : t("week.empty.forStaff")}</p>
      {manager && (
        <Button variant="light" mt={16} onClick={add}>
          {t("week.empty.plan")}
        </Button>
      )}
    </div>
  );
}
