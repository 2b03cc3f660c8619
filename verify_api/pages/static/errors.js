// After a refusal, screen readers and keyboards start where the reason is told.
const errors = document.getElementById("errors");
if (errors) errors.focus();
