// Shows how far a large upload has come. Without it the form is posted by the browser as usual.
for (const form of document.querySelectorAll("form[data-upload]")) {
  const bar = form.querySelector("progress");
  const button = form.querySelector("button");
  form.addEventListener("submit", (event) => {
    if (!form.reportValidity()) return;
    event.preventDefault();
    const request = new XMLHttpRequest();
    bar.hidden = false;
    button.disabled = true;
    request.upload.addEventListener("progress", (step) => {
      if (step.lengthComputable) bar.value = (100 * step.loaded) / step.total;
    });
    // The answer is the next page, or this one with what was wrong.
    request.addEventListener("load", () => {
      if (request.responseURL && request.status < 400) location.assign(request.responseURL);
      else {
        document.open();
        document.write(request.responseText);
        document.close();
      }
    });
    request.addEventListener("error", () => form.submit());
    request.open("POST", form.action || location.href);
    request.setRequestHeader("Accept", "text/html");
    request.send(new FormData(form));
  });
}
