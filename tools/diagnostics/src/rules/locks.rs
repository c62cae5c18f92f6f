//! Locks: somebody else is at work on the same state, or left without unlocking.

rules! {
    // Terraform was stopped while holding the lock, or the lock cannot be read: nothing says who holds it.
    state_lock Investigate Medium LOCK
        ["error releasing the state lock|failed to unlock state|failed to release|error unlocking"]
        like "Error: Error releasing the state lock. Error message: failed to retrieve lock info";
    pro_lock Investigate High COMPONENT
        ["locked component cannot be provisioned|metadata\\.locked|component .*is locked|(stack|component|instance) is locked|failed to lock stack|lock (is )?held by"]
        like "locked component cannot be provisioned";
    state_lock Rerun High LOCK
        ["error acquiring the state lock|error locking state|state blob is already locked|conditionalcheckfailed|conditional request failed|conditionnotmet|statuslocked|there is (currently|already) a lease|leasealreadypresent|workspace (is )?already locked|state (is )?(already |currently )?locked|lock info:|http remote state already locked|resource temporarily unavailable.*lock"]
        not ["statuscode: 40[13]", "error 40[013]", "no such host", "provider cache|plugin cache"]
        like "Error: Error acquiring the state lock ConditionalCheckFailedException: The conditional request failed Lock Info:";
    state_lock Rerun Medium LOCK
        ["state lock|lock info|\\.tflock", "conditional|precondition|pre-condition|already|exists|412|409|timeout|deadline|50[023]"]
        like "Error message: api error PreconditionFailed: At least one of the pre-conditions you specified did not hold Lock Info: ID: 0";
    package_lock Rerun Medium NONE
        ["could not get lock /|unable to acquire the dpkg|is another process using it|another git process seems to be running|unable to create '.*\\.lock': file exists"]
        like "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1 (apt-get)";
}
