-- What a script waits for at the moment: waiting.on is nil, or words for the message about a wall clock that ran out.
return {}
