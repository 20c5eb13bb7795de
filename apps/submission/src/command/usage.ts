/** What `angarium-submission help` prints. */
export const usage: string = `angarium-submission: a server that people's mail programs log in to

  angarium-submission serve [--config FILE] [--check]   run the server, or check its configuration
  angarium-submission config schema                     print the JSON Schema of the configuration file
  angarium-submission user add NAME [--send-as ADDRESS] add a user; the password is read from the terminal or from
                                                        the first line of standard input
  angarium-submission user passwd NAME                  change a password
  angarium-submission user remove NAME                  remove a user
  angarium-submission user list                         names, how passwords are kept, addresses to send as
  angarium-submission queue list | count | show | explain | stats | destinations
                      | retry | hold | release | remove | reroute | check | backup
                                                        as \`angarium queue\` does
  angarium-submission version
  angarium-submission help

--send-as may be given several times; @example.com is every address of a domain. user and queue take --config as well.
Without --config the file is ./angarium-submission.yaml or /etc/angarium/submission.yaml.`
