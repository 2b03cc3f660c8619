// Somebody in front of the browser's camera who does what the page shows: the pictures come from a portrait
// folder, and every frame carries grain and a slight sway of its own, as a lens would give them.
(pictures) => {
  const load = (source) => new Promise((done) => {
    const image = new Image();
    image.onload = () => done(image);
    image.src = source;
  });
  const loaded = Promise.all(Object.entries(pictures).map(async ([name, source]) => [name, await load(source)]));
  const poses = {
    front: ["front"],
    blink: ["blink_1", "blink_2", "blink_3"],
    turn_left: ["turn_left"],
    turn_right: ["turn_right"],
    open_mouth: ["mouth_1", "mouth_2", "mouth_3"],
  };
  let step = 0;
  const pose = () => {
    const stage = document.querySelector(".stage");
    if (!stage || !stage.dataset.ask) return "front";
    const move = /^move-(\d)$/.exec(stage.dataset.phase || "");
    if (move) step = Number(move[1]);
    const wanted = poses[stage.dataset.ask] || poses.front;
    return wanted[Math.min(step, wanted.length - 1)];
  };
  navigator.mediaDevices.getUserMedia = async () => {
    const images = Object.fromEntries(await loaded);
    const canvas = document.createElement("canvas");
    canvas.width = images.front.naturalWidth;
    canvas.height = images.front.naturalHeight;
    const pen = canvas.getContext("2d");
    const grain = document.createElement("canvas");
    grain.width = grain.height = 256;
    const dots = grain.getContext("2d");
    const frame = () => {
      const data = dots.createImageData(256, 256);
      for (let i = 0; i < data.data.length; i += 4) {
        const value = Math.random() * 255;
        data.data[i] = data.data[i + 1] = data.data[i + 2] = value;
        data.data[i + 3] = 12;
      }
      dots.putImageData(data, 0, 0);
      const sway = () => (Math.random() - 0.5) * 6;
      pen.drawImage(images[pose()], sway(), sway(), canvas.width, canvas.height);
      for (let x = 0; x < canvas.width; x += 256) for (let y = 0; y < canvas.height; y += 256) pen.drawImage(grain, x, y);
    };
    frame();
    setInterval(frame, 60);
    return canvas.captureStream(15);
  };
}
