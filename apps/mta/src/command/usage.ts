/** What `angarium help` prints. */
export const usage: string = `angarium: a mail transfer agent

  angarium serve [--config FILE] [--check]      run the server, or check its configuration
  angarium config schema                        print the JSON Schema of the configuration file
  angarium send --from A --to B [FILE]          hand a message (FILE or standard input) to the server
           [--config FILE | --server ADDRESS:PORT]
  angarium queue list [--filter KEY=VALUE]      what is in the queue
  angarium queue show [--content] ID            one message, or its content
  angarium queue stats                          counts of recipients
  angarium queue retry | release [--early] | remove | hold [--because TEXT]
           ID... | --filter KEY=VALUE | --all   change messages
  angarium demo                                 run a server on this machine to play with
  angarium version
  angarium help

Filters: state=queued|leased|held, destination=DOMAIN, from=ADDRESS, to=ADDRESS; all given must match.
queue takes --config and --json as well. Without --config the file is ./angarium.yaml or /etc/angarium/angarium.yaml.`
