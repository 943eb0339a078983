import { Button, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconAlertCircle, IconLogout2 } from "@tabler/icons-react";
import { useState } from "react";
import { Problem, sentenceOf } from "../api/problem";
import { Logo } from "../shell/Logo";
import { Notice } from "../shell/Notice";
import classes from "./LoginPage.module.css";

interface Props {
  /** The session ended by itself: say so. */
  readonly ended: boolean;
  readonly signIn: (email: string, password: string) => Promise<void>;
}

function useLogin(signIn: Props["signIn"]) {
  const [refusal, setRefusal] = useState<string | null>(null);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "", password: "" },
    validate: {
      email: (value) => (/^\S+@\S+$/.test(value.trim()) ? null : "Enter your e-mail address, like ada@example.com."),
      password: (value) => (value ? null : "Enter your password."),
    },
  });
  const submit = form.onSubmit(async ({ email, password }) => {
    setRefusal(null);
    try {
      await signIn(email.trim(), password);
    } catch (error) {
      const reasons = error instanceof Problem ? error.reasons : [];
      form.setErrors(Object.fromEntries(reasons.map(({ field, message }) => [field, message])));
      if (reasons.length === 0) setRefusal(sentenceOf(error));
    }
  });
  return { form, submit, refusal };
}

const WEAVE = ["0-4-1a", "15-1-0", "-2b2-3", "4-0-44", "-3c-5-", "1-1-61", "06-0-2", "-4-1-4", "2-0b3-", "05-1-6"];

/** Decoration: a week of shifts. Letters are drafts of the roles 0 to 2. */
function Weave() {
  const cells = WEAVE.flatMap((row, y) => [...row].map((mark, x) => ({ place: `${x}/${y}`, mark })));
  return (
    <div className={classes.weave} aria-hidden="true">
      <div className={classes.sheet}>
        {cells.map(({ place, mark }) => (
          <span
            key={place}
            className={classes.thread}
            data-role={mark === "-" ? undefined : Number.parseInt(mark, 16) % 10}
            data-draft={mark > "9" || undefined}
          />
        ))}
      </div>
    </div>
  );
}

export function LoginPage({ ended, signIn }: Props) {
  const { form, submit, refusal } = useLogin(signIn);
  return (
    <div className={classes.page}>
      <title>Sign in · Scheduling</title>
      <main className={classes.side}>
        <form className={classes.form} onSubmit={submit} noValidate>
          <Logo size={44} />
          <Title order={1} className={classes.title}>
            Sign in to Scheduling
          </Title>
          <Text className={classes.lead}>Who works when. The whole team’s week, live on every screen.</Text>
          <Stack gap="md" mt={28}>
            {ended && !refusal && (
              <Notice tone="quiet" icon={IconLogout2} title="Your session has ended">
                <p>Sign in again to go on.</p>
              </Notice>
            )}
            {refusal && <Notice tone="bad" icon={IconAlertCircle} title={refusal} urgent />}
            <TextInput
              label="E-mail"
              type="email"
              autoComplete="username"
              size="md"
              key={form.key("email")}
              {...form.getInputProps("email")}
            />
            <PasswordInput
              label="Password"
              autoComplete="current-password"
              size="md"
              key={form.key("password")}
              {...form.getInputProps("password")}
            />
            <Button type="submit" size="md" mt={4} loading={form.submitting}>
              Sign in
            </Button>
          </Stack>
        </form>
      </main>
      <Weave />
    </div>
  );
}
