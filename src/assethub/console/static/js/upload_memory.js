// What the browser remembers of an upload, so that it goes on after a reload of the page.
//
// { operation, files: { path: { size, modified, done, sha256, upload, partSize, etags } } }
// `done` files are staged in the operation; `upload`, `partSize` and `etags` (by the part's number)
// are of one that is on its way.

export class Memory {
  constructor(asset, branch) {
    this.key = `assethub-upload:${asset}:${branch}`;
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(this.key));
    } catch {
      // What cannot be read is as good as nothing.
    }
    this.operation = kept?.operation ?? "";
    this.files = kept?.files ?? {};
  }

  get count() {
    return Object.keys(this.files).length;
  }

  // What is known of a file that is still the same one; a new record where it is not.
  find(path, file) {
    const known = this.files[path];
    if (known && known.size === file.size && known.modified === file.lastModified) return known;
    this.files[path] = { size: file.size, modified: file.lastModified, done: false };
    return this.files[path];
  }

  save() {
    try {
      localStorage.setItem(this.key, JSON.stringify(this));
    } catch {
      // Without room the upload goes on; only a reload would begin anew.
    }
  }

  // For a new operation, in which nothing is staged; of what is not to be sent nothing is kept.
  begin(operation, wanted) {
    this.operation = operation;
    const kept = Object.entries(this.files).filter(([, each]) => wanted.includes(each));
    this.files = Object.fromEntries(kept);
    for (const each of wanted) each.done = false;
    this.save();
  }

  forget() {
    this.operation = "";
    this.files = {};
    localStorage.removeItem(this.key);
  }

  toJSON() {
    return { operation: this.operation, files: this.files };
  }
}
