export const session = {
  page: "Sign in",
  title: "Sign in to Scheduling",
  lead: "Who works when. The whole team’s week, live on every screen.",
  ended: "Your session has ended",
  again: "Sign in again to go on.",
  email: "E-mail",
  password: "Password",
  signIn: "Sign in",
  noEmail: "Enter your e-mail address, like ada@example.com.",
  noPassword: "Enter your password.",
  show: "Show or hide the password",
};
