import { Button, SegmentedControl } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { Navigate, useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useSignedIn } from "../session/signed-in";
import { Page } from "../ui/Page";
import { Cover } from "./Cover";
import { People } from "./People";
import classes from "./TeamPage.module.css";

type Part = "people" | "cover";

/** Who works here and by which contract, and what each place needs: for managers. */
export function TeamPage() {
  const { t } = useTranslation();
  const { manager } = useSignedIn();
  const { part: shown, person, location } = useSearch({ from: "/team" });
  const navigate = useNavigate({ from: "/team" });
  const part: Part = shown ?? "people";
  const open = (who: number | "new" | undefined) => void navigate({ search: { person: who } });
  if (!manager) return <Navigate to="/week" />;
  const add = (
    <Button leftSection={<IconPlus size={17} stroke={2} />} onClick={() => open("new")}>
      {t("team.add")}
    </Button>
  );
  return (
    <Page title={t("team.page")} about={t("team.about")} wide action={part === "people" && add}>
      <SegmentedControl
        aria-label={t("team.parts.label")}
        value={part}
        onChange={(value) => void navigate({ search: value === "cover" ? { part: "cover" } : {} })}
        data={(["people", "cover"] as const).map((value) => ({ value, label: t(`team.parts.${value}`) }))}
        className={classes.choice}
      />
      {part === "people" ? (
        <People person={person} open={open} />
      ) : (
        <Cover shown={location} show={(to) => void navigate({ search: { part: "cover", location: to } })} />
      )}
    </Page>
  );
}
